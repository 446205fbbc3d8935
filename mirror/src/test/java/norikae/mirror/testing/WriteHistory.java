package norikae.mirror.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * All that a service wrote to a volume, and when: tells whether what lies on a disk is a state that the volume could have
 * been in. Thread-safe.
 *
 * <p>Whoever waits for an acknowledgement and then writes again relies on the first write being there if the second is. So a
 * state is possible if no write is missing that was acknowledged before one that is there was begun. Nobody has two writes to
 * one block under way.
 */
public final class WriteHistory {

    public static final int BLOCK_BYTES = 4096;

    private final List<List<Write>> blocks = new ArrayList<>();
    private final AtomicLong clock = new AtomicLong();
    private long numbers;

    /** One write. */
    public static final class Write {
        private final long number;
        private final int block;
        private final long begun;
        private volatile long acknowledged = Long.MAX_VALUE;

        Write(long number, int block, long begun) {
            this.number = number;
            this.block = block;
            this.begun = begun;
        }

        public long offset() {
            return (long) block * BLOCK_BYTES;
        }

        /** What is written: its number, its block, and bytes that follow from both. */
        public ByteBuffer content() {
            ByteBuffer content = ByteBuffer.allocate(BLOCK_BYTES);
            content.putLong(number).putLong(block);
            byte[] rest = new byte[BLOCK_BYTES - 16];
            new Random(number * 1_000_003 + block).nextBytes(rest);
            return content.put(rest).flip();
        }

        @Override
        public String toString() {
            return "write " + number + " to block " + block + ", begun at " + begun + ", acknowledged at "
                    + (acknowledged == Long.MAX_VALUE ? "no time" : "" + acknowledged);
        }
    }

    public WriteHistory(int blockCount) {
        for (int i = 0; i < blockCount; i++) {
            blocks.add(new ArrayList<>());
        }
    }

    /** The same writes, to be checked against another disk. */
    public synchronized WriteHistory copy() {
        WriteHistory copy = new WriteHistory(0);
        blocks.forEach(writes -> copy.blocks.add(new ArrayList<>(writes)));
        return copy;
    }

    public int blockCount() {
        return blocks.size();
    }

    public synchronized Write begin(int block) {
        Write write = new Write(++numbers, block, clock.incrementAndGet());
        blocks.get(block).add(write);
        return write;
    }

    public void acknowledged(Write write) {
        write.acknowledged = clock.incrementAndGet();
    }

    /**
     * Looks at what lies on a disk, and takes it for the present: what is not there is forgotten.
     *
     * @param everyAcknowledged whether nothing that was acknowledged may be missing
     * @throws AssertionError if it is no possible state
     */
    public synchronized void check(String what, Path data, boolean everyAcknowledged) throws IOException {
        Write lastThere = null;
        Write firstMissing = null;
        List<List<Write>> there = new ArrayList<>();
        try (FileChannel file = FileChannel.open(data)) {
            for (int block = 0; block < blocks.size(); block++) {
                List<Write> writes = blocks.get(block);
                int present = present(file, block, writes, what);
                if (present >= 0 && (lastThere == null || writes.get(present).begun > lastThere.begun)) {
                    lastThere = writes.get(present);
                }
                for (Write missing : writes.subList(present + 1, writes.size())) {
                    if (firstMissing == null || missing.acknowledged < firstMissing.acknowledged) {
                        firstMissing = missing;
                    }
                }
                there.add(new ArrayList<>(writes.subList(0, present + 1)));
            }
        }
        if (firstMissing != null && everyAcknowledged && firstMissing.acknowledged != Long.MAX_VALUE) {
            throw new AssertionError(what + ": lost " + firstMissing);
        }
        if (firstMissing != null && lastThere != null && firstMissing.acknowledged < lastThere.begun) {
            throw new AssertionError(
                    what + ": no possible state, for " + firstMissing + " is missing and " + lastThere + " is there");
        }
        blocks.clear();
        blocks.addAll(there);
    }

    /** Which of the writes to a block its content is of; -1 if it is as it was at first. */
    private static int present(FileChannel file, int block, List<Write> writes, String what) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(BLOCK_BYTES);
        while (content.hasRemaining()) {
            if (file.read(content, (long) block * BLOCK_BYTES + content.position()) < 0) {
                break;
            }
        }
        content.flip();
        for (int i = writes.size() - 1; i >= 0; i--) {
            if (content.getLong(0) == writes.get(i).number) {
                if (!content.equals(writes.get(i).content())) {
                    throw new AssertionError(what + ": block " + block + " is torn: " + writes.get(i));
                }
                return i;
            }
        }
        if (!content.equals(ByteBuffer.allocate(BLOCK_BYTES))) {
            throw new AssertionError(what + ": block " + block + " holds write " + content.getLong(0)
                    + ", which was never made or is one that was lost before");
        }
        return -1;
    }
}
