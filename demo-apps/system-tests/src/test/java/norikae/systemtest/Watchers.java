package norikae.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import norikae.lab.LabProcess;

/**
 * Clients on several hosts that all ask one service all the time which instance of it answers, and so would see if two did:
 * one host may be on the other side of a cut. Confined to one thread.
 */
final class Watchers implements AutoCloseable {

    /** Nanoseconds of the wall clock, which the whole laboratory shares. */
    record Answer(long askedNanos, long cameNanos, String instance) {}

    private final List<LabProcess> running = new ArrayList<>();
    private final List<LabProcess> all = new ArrayList<>();
    private final TestCluster cluster;
    private final String address;
    private final int port;

    private Watchers(TestCluster cluster, String address, int port) {
        this.cluster = cluster;
        this.address = address;
        this.port = port;
    }

    static Watchers start(TestCluster cluster, String address, int port, String... hosts) {
        Watchers watchers = new Watchers(cluster, address, port);
        for (String host : hosts) {
            watchers.watchFrom(host);
        }
        return watchers;
    }

    /** Begins to watch from another host, or again from one that has lost its power meanwhile. */
    void watchFrom(String host) {
        LabProcess process = cluster.node(host).exec("python3", script("watcher.py"), address, Integer.toString(port));
        running.add(process);
        all.add(process);
    }

    /** A program among this class's resources, as nodes see it. */
    static String script(String name) {
        try {
            return Path.of(Objects.requireNonNull(Watchers.class.getResource(name))
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** All answers so far, in the order in which they came. */
    List<Answer> answers() {
        List<Answer> answers = new ArrayList<>();
        for (LabProcess process : all) {
            String output = process.output();
            // The last line may be half written.
            for (String line :
                    output.substring(0, output.lastIndexOf('\n') + 1).lines().toList()) {
                String[] words = line.split(" ", -1);
                answers.add(new Answer(Long.parseLong(words[0]), Long.parseLong(words[1]), words[2]));
            }
        }
        answers.sort(Comparator.comparingLong(Answer::cameNanos));
        return answers;
    }

    /** Until somebody gets an answer to a question that is asked after now, and returns the instance. */
    String awaitAnswer() {
        return awaitAnswerAfter(System.currentTimeMillis() * 1_000_000);
    }

    String awaitAnswerAfter(long nanos) {
        String[] found = new String[1];
        TestCluster.await("an answer from " + address, () -> {
            answers().stream().filter(a -> a.askedNanos() > nanos).findFirst().ifPresent(a -> found[0] = a.instance());
            return found[0] != null;
        });
        return found[0];
    }

    /**
     * Nobody who asked after one instance had answered anywhere got an answer of an earlier one: at no time could two
     * answer.
     *
     * @return the instances that answered
     */
    Set<String> assertNeverTwo() {
        List<Answer> answers = answers();
        Set<String> gone = new TreeSet<>();
        Set<String> seen = new TreeSet<>();
        String now = "";
        long since = 0;
        for (Answer answer : answers) {
            if (answer.instance().equals(now)) {
                continue;
            }
            if (gone.contains(answer.instance())) {
                assertThat(answer.askedNanos())
                        .as("instance " + answer.instance() + " answers although " + now + " did before it was asked")
                        .isLessThan(since);
                continue; // it was asked before, and its answer came late
            }
            if (!now.isEmpty()) {
                gone.add(now);
            }
            now = answer.instance();
            since = answer.cameNanos();
            seen.add(now);
        }
        return seen;
    }

    @Override
    public void close() throws IOException {
        running.forEach(LabProcess::close);
    }
}
