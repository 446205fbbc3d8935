package norikae.agent.document;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what is wrong with one document; confined to the thread that reads it. */
public final class Problems {

    private final List<Problem> found = new ArrayList<>();

    public void add(Place place, String key, String message) {
        found.add(new Problem(place, key, message));
    }

    public boolean isEmpty() {
        return found.isEmpty();
    }

    /** Throws if anything was noted; problems come in the order of their places. */
    public void throwIfAny() {
        if (!found.isEmpty()) {
            List<Problem> sorted = new ArrayList<>(found);
            sorted.sort(Comparator.<Problem>comparingInt(p -> p.place().line())
                    .thenComparingInt(p -> p.place().column()));
            throw new InvalidDocumentException(sorted);
        }
    }
}
