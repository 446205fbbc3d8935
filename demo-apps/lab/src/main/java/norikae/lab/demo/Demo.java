package norikae.lab.demo;

import norikae.agent.client.ControlException;
import norikae.lab.LabException;

/** {@code bin/demo [NAME]}: without a name, the ledger that changes servers while its clients go on. */
public final class Demo {

    private Demo() {}

    public static void main(String[] args) throws Exception {
        String name = args.length == 0 ? "ledger" : args[0];
        if (!name.equals("ledger")) {
            System.err.println("bin/demo: there is no demonstration '" + name + "'; there is: ledger");
            System.exit(2);
        }
        try {
            System.exit(new LedgerDemo(System.out).run() ? 0 : 1);
        } catch (LabException | ControlException e) {
            System.err.println("bin/demo: " + e.getMessage());
            System.exit(1);
        }
    }
}
