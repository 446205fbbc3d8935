package ledger;

import java.util.Arrays;

/** The way in: picks the program that the first argument names. */
public final class Main {
    private static final String USAGE = """
            usage: java -jar norikae-ledger.jar PROGRAM [OPTIONS]
              server       the bank
              client       many connections that check every answer of the bank
              timekeeper   tells whether clocks, timers and sleeps keep their pace
            PROGRAM --help lists the options.""";

    private Main() {}

    /** Runs the program that is named first; its exit status is the program's. */
    public static void main(String[] args) {
        int status = run(args);
        if (status != 0) {
            System.exit(status);
        }
    }

    static int run(String... args) {
        String program = args.length == 0 ? "" : args[0];
        String[] rest = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
        switch (program) {
            case "server":
                return LedgerServer.run(rest);
            case "client":
                return LedgerClient.run(rest);
            case "timekeeper":
                return TimeKeeper.run(rest);
            case "--help", "help":
                System.out.println(USAGE);
                return 0;
            default:
                if (!program.isEmpty()) {
                    System.err.println("ledger: no program '" + program + "'");
                }
                System.err.println(USAGE);
                return Arguments.EXIT_USAGE;
        }
    }
}
