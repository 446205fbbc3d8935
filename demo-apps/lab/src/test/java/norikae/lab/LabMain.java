package norikae.lab;

import norikae.lab.cli.LabCommand;
import picocli.CommandLine;

/** {@code norikae lab} alone, for tests that need it as a process of its own. */
final class LabMain {

    private LabMain() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new LabCommand()).execute(args));
    }
}
