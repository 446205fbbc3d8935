package norikae.lab.cli;

import norikae.agent.cli.CommandProvider;

/** Adds {@code lab} to the command {@code norikae}; found by {@link java.util.ServiceLoader}. */
public final class LabCommandProvider implements CommandProvider {

    @Override
    public Object command() {
        return new LabCommand();
    }
}
