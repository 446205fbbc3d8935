package norikae.agent.document;

/**
 * Where something stands in a document.
 *
 * @param file as the reader named it, usually as the user typed it
 * @param line from 1
 * @param column from 1, in characters
 */
public record Place(String file, int line, int column) {

    @Override
    public String toString() {
        return file + ":" + line + ":" + column;
    }
}
