package norikae.lab.demo;

/**
 * A customer of the ledger with two accounts of its own, between which it moves money; it knows each balance beforehand.
 * Confined to one connection.
 */
final class LedgerTalk implements ReconnectingClients.Talk {

    private static final long DEPOSIT = 1_000_000;

    private final String name;
    private int asked;
    private String rightEnd = "";

    LedgerTalk(String name) {
        this.name = name;
    }

    @Override
    public String next() {
        asked++;
        if (asked <= 2) {
            String account = name + "/" + (asked - 1);
            rightEnd = "OK " + account + " " + DEPOSIT;
            return "OPEN " + account + " " + DEPOSIT;
        }
        int transfers = asked - 2;
        rightEnd = " " + (DEPOSIT - transfers) + " " + (DEPOSIT + transfers);
        return "TRANSFER " + name + " " + transfers + " " + name + "/0 " + name + "/1 1";
    }

    @Override
    public boolean isRight(String answer) {
        return answer.startsWith("OK") && answer.endsWith(rightEnd);
    }
}
