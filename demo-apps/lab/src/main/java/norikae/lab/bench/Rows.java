package norikae.lab.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a benchmark measured, row by row: a Markdown table for people and for {@code docs/benchmarks.md}, and the same rows
 * as JSON for programs. Confined to one thread.
 */
public final class Rows {

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final String benchmark;
    private final List<String> columns;
    private final List<Map<String, Object>> rows = new ArrayList<>();

    /** @param columns with their units, as the table's head and the JSON's keys */
    public Rows(String benchmark, String... columns) {
        this.benchmark = benchmark;
        this.columns = List.of(columns);
    }

    /** Adds a row: strings, longs and doubles, one for each column. */
    public void add(Object... values) {
        if (values.length != columns.size()) {
            throw new IllegalArgumentException(values.length + " values for " + columns.size() + " columns");
        }
        Map<String, Object> row = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            row.put(columns.get(i), values[i]);
        }
        rows.add(row);
    }

    public void print(PrintStream out) {
        out.println("| " + String.join(" | ", columns) + " |");
        out.println("|" + "---|".repeat(columns.size()));
        for (Map<String, Object> row : rows) {
            out.println("| "
                    + String.join(" | ", row.values().stream().map(Rows::text).toList()) + " |");
        }
    }

    /** Small numbers are ratios or close to it: they get a digit more. */
    private static String text(Object value) {
        return value instanceof Double number
                ? String.format(Locale.ROOT, Math.abs(number) < 10 ? "%.2f" : "%.1f", number)
                : value.toString();
    }

    /** Writes {@code target/bench/NAME.json} below the project, and returns where that is. */
    public Path write(Path project) throws IOException {
        return write(project, benchmark, json());
    }

    JsonNode json() {
        return JSON.valueToTree(rows);
    }

    static Path write(Path project, String benchmark, JsonNode rows) throws IOException {
        Path file = project.resolve("target/bench/" + benchmark + ".json");
        Files.createDirectories(file.getParent());
        ObjectNode all = JSON.createObjectNode()
                .put("benchmark", benchmark)
                .put("processors", Runtime.getRuntime().availableProcessors())
                .put("kernel", System.getProperty("os.version"));
        all.set("rows", rows);
        Files.writeString(file, JSON.writeValueAsString(all) + "\n");
        return file;
    }
}
