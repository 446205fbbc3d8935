package norikae.lab.demo;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import norikae.agent.api.v1.Event;
import norikae.agent.api.v1.ListEventsRequest;
import norikae.agent.client.ControlClient;

/**
 * What the cluster did about a lost server, from its own events; times are milliseconds of the wall clock, which the whole
 * laboratory shares. Immutable.
 *
 * @param events the first of each kind since the cut
 */
public record FailoverStory(long cutAtMillis, Map<String, Event> events) {

    private static final Pattern SILENCE = Pattern.compile("no heartbeat for (\\d{1,9}) ms");
    private static final int EVENTS = 100;
    private static final List<String> KINDS =
            List.of("node-suspected", "node-fenced", "service-placed", "service-running");

    /** What {@code service} and its node went through since {@code cutAtMillis}. */
    public static FailoverStory of(ControlClient control, String service, long cutAtMillis) {
        Map<String, Event> first = new TreeMap<>();
        ListEventsRequest request =
                ListEventsRequest.newBuilder().setLimit(EVENTS).build();
        try (var all = control.events(request)) {
            while (all.hasNext()) {
                Event event = all.next();
                boolean mine = event.getKind().startsWith("node-")
                        || event.getSubject().equals(service);
                if (mine && event.getAtMillis() >= cutAtMillis) {
                    first.putIfAbsent(event.getKind(), event);
                }
            }
        }
        return new FailoverStory(cutAtMillis, Map.copyOf(first));
    }

    public boolean isComplete() {
        return events.keySet().containsAll(KINDS);
    }

    /** Milliseconds from the cut to the first event of that kind; negative if there is none. */
    public long millisTo(String kind) {
        Event event = events.get(kind);
        return event == null ? -1 : event.getAtMillis() - cutAtMillis;
    }

    void print(PrintStream out, ReconnectingClients clients) {
        print(out, clients.gapEndedMillis(), "first answer", clients.longestGapMillis());
    }

    /** @param word what clients got at {@code gapEndedMillis} for the first time after {@code gapMillis} */
    void print(PrintStream out, long gapEndedMillis, String word, long gapMillis) {
        List<String> lines = new ArrayList<>();
        Event suspected = events.get("node-suspected");
        if (suspected != null) {
            Matcher silence = SILENCE.matcher(suspected.getText());
            if (silence.find()) {
                lines.add(line(
                        suspected.getAtMillis() - Long.parseLong(silence.group(1)),
                        "last heartbeat",
                        suspected.getSubject()));
            }
        }
        add(lines, "node-suspected", "suspected");
        add(lines, "node-fenced", "fenced, with proof");
        add(lines, "service-placed", "placed");
        add(lines, "service-running", "started");
        lines.add(line(gapEndedMillis, word, "nobody had one for " + gapMillis + " ms"));
        out.println("       ms");
        lines.forEach(out::println);
    }

    private void add(List<String> lines, String kind, String word) {
        Event event = events.get(kind);
        lines.add(event == null ? "        -  " + word : line(event.getAtMillis(), word, event.getText()));
    }

    private String line(long atMillis, String word, String text) {
        return String.format("%9d  %-18s  %s", atMillis - cutAtMillis, word, text);
    }
}
