package norikae.agent.capsule;

import java.util.Map;
import java.util.TreeMap;
import norikae.agent.ocf.OcfAgent;
import norikae.failover.model.OcfResource;
import norikae.failover.model.ServiceSpec;

/** The variables that a service, and what is run on its behalf, is given. */
final class ServiceEnvironment {

    static final String PATH_DEFAULT = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private ServiceEnvironment() {}

    static Map<String, String> of(ServiceSpec spec, Account account) {
        Map<String, String> environment = new TreeMap<>();
        environment.put("PATH", PATH_DEFAULT);
        environment.put("LANG", "C.UTF-8");
        environment.put("HOME", account.home());
        OcfResource ocf = spec.ocf();
        if (ocf != null) {
            environment.putAll(OcfAgent.environment(ocf, spec.name()));
        }
        environment.putAll(spec.environment());
        return environment;
    }
}
