package norikae.agent.cli;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import norikae.agent.api.v1.Event;
import org.jspecify.annotations.Nullable;

/** An event in words: one line, and for a finished move a second one with where its time went. */
final class EventText {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());

    private static final List<String> PHASES =
            List.of("check", "prepare", "freeze", "dump", "transfer", "restore", "commit", "resume", "clean");

    private EventText() {}

    static List<String> of(Event event) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "%s  %-16s  %-12s  %s",
                TIME.format(Instant.ofEpochMilli(event.getAtMillis())),
                event.getKind(),
                event.getSubject(),
                event.getText()));
        String figures = figures(event.getDetailsMap());
        if (!figures.isEmpty()) {
            lines.add(" ".repeat(25) + figures);
        }
        return lines;
    }

    private static String figures(Map<String, String> details) {
        List<String> phases = new ArrayList<>();
        for (String phase : PHASES) {
            Long micros = number(details, phase + "Micros");
            if (micros != null) {
                phases.add(phase + " " + Words.figure(micros / 1000.0));
            }
        }
        List<String> parts = new ArrayList<>();
        if (!phases.isEmpty()) {
            parts.add(String.join(", ", phases) + " ms");
        }
        Long pause = number(details, "pauseMicros");
        if (pause != null) {
            parts.add("paused " + Words.millis(pause / 1000.0));
        }
        Long memory = number(details, "memoryBytes");
        if (memory != null) {
            Long wire = number(details, "wireBytes");
            parts.add(Words.traffic(memory, wire == null ? 0 : wire));
        }
        String mode = details.get("mode");
        if (mode != null) {
            parts.add(mode + (details.containsKey("modeReason") ? ": " + details.get("modeReason") : ""));
        }
        String heap = details.get("heap");
        if (heap != null && !heap.isEmpty()) {
            parts.add(heap);
        }
        return String.join("; ", parts);
    }

    private static @Nullable Long number(Map<String, String> details, String key) {
        String text = details.get(key);
        return text != null && text.matches("\\d{1,18}") ? Long.valueOf(text) : null;
    }
}
