package norikae.mirror.store;

/**
 * A piece of a volume, all of one kind.
 *
 * @param offset where it begins
 * @param bytes how long it is
 * @param hole whether it takes no room and reads as zeros
 */
public record Extent(long offset, long bytes, boolean hole) {

    public Extent {
        if (offset < 0 || bytes <= 0 || offset + bytes < 0) {
            throw new IllegalArgumentException("extent offset=" + offset + " bytes=" + bytes + " is not a range");
        }
    }

    public long end() {
        return offset + bytes;
    }
}
