package norikae.agent.document;

/**
 * One thing that is wrong with a document.
 *
 * @param key the key as a path, such as {@code limits.memory}; empty if it is about the whole document
 * @param message what was found, and what is expected in its place
 */
public record Problem(Place place, String key, String message) {

    @Override
    public String toString() {
        return place + ": " + (key.isEmpty() ? "" : key + ": ") + message;
    }
}
