package norikae.agent.preflight;

import java.util.ArrayList;
import java.util.List;
import norikae.agent.api.v1.Finding;

/** Collects findings. Confined to one thread. */
final class Findings {

    private final List<Finding> list = new ArrayList<>();

    void blocker(String code, String what, String why, String remedy) {
        add(Finding.Severity.BLOCKER, code, what, why, remedy);
    }

    void warning(String code, String what, String why, String remedy) {
        add(Finding.Severity.WARNING, code, what, why, remedy);
    }

    void info(String code, String what) {
        add(Finding.Severity.INFO, code, what, "", "");
    }

    List<Finding> list() {
        return List.copyOf(list);
    }

    private void add(Finding.Severity severity, String code, String what, String why, String remedy) {
        list.add(Finding.newBuilder()
                .setSeverity(severity)
                .setCode(code)
                .setWhat(what)
                .setWhy(why)
                .setRemedy(remedy)
                .build());
    }
}
