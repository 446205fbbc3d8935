package norikae.fencing.pill;

import java.io.IOException;
import java.nio.file.Path;
import norikae.linux.RawDisk;

/** The sectors of a disk, so that tests can have one that hangs or lies. Thread-safe. */
interface Sectors extends AutoCloseable {

    int sectorBytes();

    byte[] read(long offset, int length) throws IOException;

    void write(long offset, byte[] bytes) throws IOException;

    @Override
    void close();

    /** Opens a disk. */
    interface Opener {
        Sectors open(Path path) throws IOException;
    }

    static Sectors raw(Path path) throws IOException {
        RawDisk disk = RawDisk.open(path);
        return new Sectors() {
            @Override
            public int sectorBytes() {
                return disk.sectorBytes();
            }

            @Override
            public byte[] read(long offset, int length) throws IOException {
                return disk.read(offset, length);
            }

            @Override
            public void write(long offset, byte[] bytes) throws IOException {
                disk.write(offset, bytes);
            }

            @Override
            public void close() {
                disk.close();
            }
        };
    }
}
