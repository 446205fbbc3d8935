package ledger;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One client's talk with the bank, without the wire: what it asks, and whether each answer is the right one. Not
 * thread-safe: confined to the client's loop.
 *
 * <p>A client opens two accounts that nobody else touches, and moves money between them; so it knows every balance
 * beforehand and can tell a wrong answer from a right one to the last digit.
 */
final class Conversation {
    private static final long DEPOSIT = 1_000_000;
    private static final int MAX_AMOUNT = 100;

    /** An answer that was waited for, and since when. */
    record Answered(long sentNanos) {}

    private static final class Waiting {
        final long seq;
        final String line;
        final String rightAnswerEnd;
        /** What it takes from the first account, and gives to the second. */
        final long moved;

        final long sentNanos;
        boolean resent;

        Waiting(long seq, String line, String rightAnswerEnd, long moved, long sentNanos) {
            this.seq = seq;
            this.line = line;
            this.rightAnswerEnd = rightAnswerEnd;
            this.moved = moved;
            this.sentNanos = sentNanos;
        }

        boolean isTransfer() {
            return seq > 0;
        }
    }

    private final String name;
    private final SplittableRandom random;
    private final Consumer<String> trouble;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private final long[] balances = {DEPOSIT, DEPOSIT};
    private long nextSeq = 1;
    private long lastAnsweredSeq;
    private long lastGlobalSeq;

    private long requests;
    private long answers;
    private long acknowledged;
    private long resets;
    private long doubledAnswers;
    private long outOfOrder;
    private long mismatched;
    private long errors;

    /** Talks as {@code name}; {@code trouble} is told in words of everything that is not as it should be. */
    Conversation(String name, SplittableRandom random, Consumer<String> trouble) {
        this.name = name;
        this.random = random;
        this.trouble = trouble;
    }

    String name() {
        return name;
    }

    Counts counts() {
        return new Counts(requests, answers, acknowledged, resets, doubledAnswers, outOfOrder, mismatched, errors);
    }

    int waitingFor() {
        return waiting.size();
    }

    /** Since when the oldest unanswered request waits; {@code otherwise} if there is none. */
    long waitingSince(long otherwise) {
        Waiting oldest = waiting.peekFirst();
        return oldest == null ? otherwise : oldest.sentNanos;
    }

    /** The first requests: they open the accounts. */
    List<String> greeting(long now) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < balances.length; i++) {
            String line = "OPEN " + account(i) + " " + DEPOSIT;
            waiting.add(new Waiting(0, line, "OK " + account(i) + " " + DEPOSIT, 0, now));
            lines.add(line);
        }
        return lines;
    }

    /** The next transfer, sent now. */
    String transfer(long now) {
        int from = random.nextInt(2);
        long amount = 1L + random.nextInt(MAX_AMOUNT);
        if (balances[from] < amount) {
            from = 1 - from;
        }
        balances[from] -= amount;
        balances[1 - from] += amount;
        long seq = nextSeq++;
        String line = "TRANSFER " + name + " " + seq + " " + account(from) + " " + account(1 - from) + " " + amount;
        waiting.add(new Waiting(
                seq, line, " " + balances[from] + " " + balances[1 - from], from == 0 ? amount : -amount, now));
        requests++;
        return line;
    }

    /** The connection was lost. */
    void reset(String why) {
        resets++;
        trouble.accept(name + ": connection lost: " + why);
    }

    /** What a new connection must send again: all that was not answered. */
    List<String> unanswered() {
        List<String> lines = new ArrayList<>();
        for (Waiting request : waiting) {
            request.resent = true;
            lines.add(request.line);
        }
        return lines;
    }

    /** Takes an answer; null if nobody waits for one like it. */
    @Nullable
    Answered answer(String line) {
        List<String> words = LineServer.words(line);
        String verb = words.isEmpty() ? "" : words.get(0);
        Waiting oldest = waiting.peekFirst();
        if (verb.equals("ERR")) {
            return refused(oldest, line);
        }
        if (oldest != null && !oldest.isTransfer()) {
            waiting.removeFirst();
            if (!line.equals(oldest.rightAnswerEnd)) {
                mismatch(line, oldest.line);
            }
            return new Answered(oldest.sentNanos);
        }
        long seq = words.size() > 2 ? number(words.get(2)) : -1;
        boolean known = verb.equals("OK") || verb.equals("AGAIN") || verb.equals("DENIED");
        if (!known || seq < 1 || !words.get(1).equals(name)) {
            mismatch(line, oldest == null ? "nothing" : oldest.line);
            return null;
        }
        Waiting request = take(seq, line);
        if (request == null) {
            return null;
        }
        answers++;
        lastAnsweredSeq = Math.max(lastAnsweredSeq, seq);
        check(request, verb, words, line);
        return new Answered(request.sentNanos);
    }

    private @Nullable Waiting take(long seq, String line) {
        Waiting oldest = waiting.peekFirst();
        if (oldest != null && oldest.seq == seq) {
            return waiting.removeFirst();
        }
        for (Iterator<Waiting> others = waiting.iterator(); others.hasNext(); ) {
            Waiting other = others.next();
            if (other.seq == seq) {
                others.remove();
                outOfOrder++;
                trouble.accept(name + ": answer out of order: '" + line + "' before that to '"
                        + (oldest == null ? "" : oldest.line) + "'");
                return other;
            }
        }
        if (seq <= lastAnsweredSeq) {
            doubledAnswers++;
            trouble.accept(name + ": answered twice: '" + line + "'");
        } else {
            mismatch(line, "nothing");
        }
        return null;
    }

    private void check(Waiting request, String verb, List<String> words, String line) {
        if (verb.equals("AGAIN")) {
            if (request.resent) {
                acknowledged++;
            } else {
                doubledAnswers++;
                trouble.accept(name + ": the bank says that it has done before what was sent once: '" + line + "'");
            }
            return;
        }
        if (verb.equals("DENIED") || words.size() != 6) {
            mismatch(line, request.line);
            return;
        }
        acknowledged++;
        long globalSeq = number(words.get(3));
        if (globalSeq <= lastGlobalSeq) {
            outOfOrder++;
            trouble.accept(name + ": global number " + globalSeq + " after " + lastGlobalSeq);
        }
        lastGlobalSeq = Math.max(lastGlobalSeq, globalSeq);
        if (!line.endsWith(request.rightAnswerEnd)) {
            mismatch(line, request.line);
        }
    }

    private @Nullable Answered refused(@Nullable Waiting oldest, String line) {
        if (oldest == null) {
            mismatch(line, "nothing");
            return null;
        }
        waiting.removeFirst();
        if (oldest.resent && line.startsWith("ERR account exists")) {
            return new Answered(oldest.sentNanos);
        }
        errors++;
        balances[0] += oldest.moved;
        balances[1] -= oldest.moved;
        answers += oldest.isTransfer() ? 1 : 0;
        trouble.accept(name + ": '" + line + "' to '" + oldest.line + "'");
        int expected = line.indexOf(" expected=");
        if (line.startsWith("ERR sequence") && expected > 0 && waiting.isEmpty()) {
            // Go on from where the bank stands; the audit shows what was lost or doubled.
            long seq = number(line.substring(expected + 10).split(" ", 2)[0]);
            nextSeq = seq > 0 ? seq : nextSeq;
        }
        return new Answered(oldest.sentNanos);
    }

    private void mismatch(String answer, String request) {
        mismatched++;
        trouble.accept(name + ": wrong answer: '" + answer + "' to '" + request + "'");
    }

    private String account(int i) {
        return name + "/" + i;
    }

    private static long number(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
