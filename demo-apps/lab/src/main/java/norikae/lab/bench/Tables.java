package norikae.lab.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a benchmark of several parts measured: a table for each, and one file for all. Confined to one thread. */
public final class Tables {

    private final String benchmark;
    private final Map<String, Rows> tables = new LinkedHashMap<>();

    public Tables(String benchmark) {
        this.benchmark = benchmark;
    }

    /** Begins a table. */
    public Rows table(String title, String... columns) {
        Rows rows = new Rows(benchmark, columns);
        tables.put(title, rows);
        return rows;
    }

    public void print(PrintStream out) {
        tables.forEach((title, rows) -> {
            out.println("\n" + title + "\n");
            rows.print(out);
        });
    }

    /** Writes {@code target/bench/NAME.json} below the project, the rows by the titles of their tables; returns where that is. */
    public Path write(Path project) throws IOException {
        ObjectNode all = JsonNodeFactory.instance.objectNode();
        tables.forEach((title, rows) -> all.set(title, rows.json()));
        return Rows.write(project, benchmark, all);
    }
}
