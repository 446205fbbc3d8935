package ledger;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Accounts, transfers, and what is needed to prove that none was lost or done twice. Not thread-safe: confined to the
 * thread of its server. The protocol is told in the package's description.
 */
final class Bank {
    static final int MAX_NAME_LENGTH = 64;
    static final int MAX_ACCOUNTS = 1_000_000;
    static final int MAX_CLIENTS = 100_000;
    static final long MAX_AMOUNT = 1_000_000_000_000L;

    /** A request that cannot be done; its message follows {@code ERR}. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1;

        RefusedException(String message) {
            super(message);
        }
    }

    private static final class Account {
        long balance;

        Account(long balance) {
            this.balance = balance;
        }
    }

    private static final class Client {
        long lastSeq;
        long applied;
    }

    private final Map<String, Account> accounts = new HashMap<>();
    private final Map<String, Client> clients = new TreeMap<>();
    private long deposited;
    private long transfers;
    private long denied;
    private long duplicates;

    long transfers() {
        return transfers;
    }

    /** {@code OPEN account amount}: a new account, its money a deposit. */
    String open(String name, String amountText) throws RefusedException {
        checkName("account", name);
        long amount = amount(amountText, 0);
        if (accounts.containsKey(name)) {
            throw new RefusedException("account exists: " + name);
        }
        if (accounts.size() >= MAX_ACCOUNTS) {
            throw new RefusedException("too many accounts: limit " + MAX_ACCOUNTS);
        }
        accounts.put(name, new Account(amount));
        deposited += amount; // cannot overflow: MAX_ACCOUNTS * MAX_AMOUNT < 2^63
        return "OK " + name + " " + amount;
    }

    /** {@code BALANCE account}. */
    String balance(String name) throws RefusedException {
        return "OK " + name + " " + account(name).balance;
    }

    /** {@code TRANSFER client seq from to amount}: done once, however often it is sent. */
    String transfer(List<String> words) throws RefusedException {
        String clientName = words.get(1);
        checkName("client", clientName);
        long seq = number("sequence number", words.get(2), 1, Long.MAX_VALUE);
        Account from = account(words.get(3));
        Account to = account(words.get(4));
        long amount = amount(words.get(5), 1);
        Client client = clients.get(clientName);
        long expected = client == null ? 1 : client.lastSeq + 1;
        if (seq < expected) {
            duplicates++;
            return "AGAIN " + clientName + " " + seq;
        }
        if (seq > expected) {
            throw new RefusedException("sequence client=" + clientName + " expected=" + expected + " got=" + seq);
        }
        if (client == null) {
            if (clients.size() >= MAX_CLIENTS) {
                throw new RefusedException("too many clients: limit " + MAX_CLIENTS);
            }
            client = new Client();
            clients.put(clientName, client);
        }
        client.lastSeq = seq;
        if (from.balance < amount) {
            denied++;
            return "DENIED " + clientName + " " + seq + " " + from.balance;
        }
        from.balance -= amount;
        to.balance += amount;
        client.applied++;
        transfers++;
        return "OK " + clientName + " " + seq + " " + transfers + " " + from.balance + " " + to.balance;
    }

    /** {@code AUDIT [clientPrefix]}: the whole truth at one moment. */
    String audit(String clientPrefix) {
        long sum = 0;
        for (Account account : accounts.values()) {
            sum += account.balance;
        }
        StringBuilder list = new StringBuilder();
        clients.forEach((name, client) -> {
            if (name.startsWith(clientPrefix)) {
                list.append(list.isEmpty() ? "" : ",").append(name);
                list.append(':').append(client.lastSeq).append(':').append(client.applied);
            }
        });
        return "OK sum=" + sum + " deposited=" + deposited + " accounts=" + accounts.size() + " transfers=" + transfers
                + " denied=" + denied + " duplicates=" + duplicates + " clients=" + (list.isEmpty() ? "-" : list);
    }

    private Account account(String name) throws RefusedException {
        Account account = accounts.get(name);
        if (account == null) {
            throw new RefusedException("unknown account: " + name);
        }
        return account;
    }

    private static void checkName(String what, String name) throws RefusedException {
        if (name.length() > MAX_NAME_LENGTH || name.indexOf(':') >= 0 || name.indexOf(',') >= 0) {
            throw new RefusedException(what + " name must have at most " + MAX_NAME_LENGTH
                    + " characters, none of them ':' or ',': " + name);
        }
    }

    private static long amount(String text, long min) throws RefusedException {
        return number("amount", text, min, MAX_AMOUNT);
    }

    private static long number(String what, String text, long min, long max) throws RefusedException {
        try {
            long number = Long.parseLong(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below, together with numbers out of range
        }
        throw new RefusedException(what + " is not a whole number from " + min + " to " + max + ": " + text);
    }
}
