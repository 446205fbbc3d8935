package norikae.agent.config;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import norikae.agent.document.Fields;
import org.jspecify.annotations.Nullable;

/**
 * {@code "sharedDisks"} in {@code node.json}: small disks that all servers see, each with a slot file; immutable.
 *
 * @param disks at most {@value #DISKS_MAX}; none if there are no shared disks
 * @param heartbeats whether heartbeats go over each of them as well
 * @param pill whether this server stops itself when it finds an order to in its mailboxes, or can read them no more
 */
public record SharedDisksConfig(List<Path> disks, boolean heartbeats, boolean pill) {

    public static final SharedDisksConfig NONE = new SharedDisksConfig(List.of(), false, false);

    private static final int DISKS_MAX = 3;

    public SharedDisksConfig {
        disks = List.copyOf(disks);
    }

    static SharedDisksConfig read(@Nullable Fields fields) {
        if (fields == null) {
            return NONE;
        }
        List<Path> disks = new ArrayList<>();
        for (Path disk : fields.parsedWords("disks", Checks::absolutePath)) {
            if (disks.contains(disk)) {
                fields.problem("disks", "names " + disk + " twice: remove one");
            } else {
                disks.add(disk);
            }
        }
        boolean heartbeats = fields.bool("heartbeats", true);
        boolean pill = fields.bool("pill", false);
        if (disks.isEmpty() && fields.hasNone("disks")) {
            fields.missing("disks", "name the disks, such as [\"/dev/disk/by-id/…\"], or leave sharedDisks out");
        } else if (disks.size() > DISKS_MAX) {
            fields.problem("disks", "are " + disks.size() + ": name at most " + DISKS_MAX);
        } else if (disks.size() == 2 && pill) {
            fields.problem("disks", "are two: if one were lost, none would be a majority; name one, or three");
        }
        fields.finish();
        return new SharedDisksConfig(disks, heartbeats, pill);
    }

    /** Those over which heartbeats go. */
    public List<Path> heartbeatDisks() {
        return heartbeats ? disks : List.of();
    }

    void write(JsonGenerator json) throws IOException {
        if (equals(NONE)) {
            return;
        }
        json.writeObjectFieldStart("sharedDisks");
        json.writeArrayFieldStart("disks");
        for (Path disk : disks) {
            json.writeString(disk.toString());
        }
        json.writeEndArray();
        json.writeBooleanField("heartbeats", heartbeats);
        json.writeBooleanField("pill", pill);
        json.writeEndObject();
    }
}
