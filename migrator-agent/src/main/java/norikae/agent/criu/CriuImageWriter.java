package norikae.agent.criu;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import norikae.transfer.ImageSink;
import norikae.transfer.ImageSummary;
import norikae.transfer.PageSpace;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a received image into a directory as CRIU wants it. Pages of zeros take no room: they become holes. Confined to
 * the thread that feeds it.
 */
public final class CriuImageWriter implements ImageSink {

    private static final Logger LOG = LoggerFactory.getLogger(CriuImageWriter.class);
    private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,200}\\.img");
    private static final int SPACES_MAX = 1 << 16;
    private static final long MIB = 1 << 20;

    private final Path directory;
    private final Map<PageSpace, Space> spaces = new HashMap<>();
    private @Nullable OpenFile open;
    private long bytesWritten;
    private boolean finished;

    private record OpenFile(String name, FileChannel channel) {}

    /** @param directory exists and is empty; its file system limits how much may come */
    public CriuImageWriter(Path directory) {
        this.directory = directory;
    }

    @Override
    public void pages(PageSpace space, long address, ByteBuffer data) throws IOException {
        int bytes = data.remaining();
        guarded(() -> space(space).write(address, data));
        bytesWritten += bytes;
    }

    @Override
    public void zeroPages(PageSpace space, long address, long count) throws IOException {
        guarded(() -> space(space).skip(address, count));
    }

    @Override
    public void file(String name, long offset, ByteBuffer data) throws IOException {
        if (!PLAIN_NAME.matcher(name).matches()) {
            throw new IOException("image file '" + name + "' is not named like one of CRIU's images");
        }
        int bytes = data.remaining();
        guarded(() -> {
            FileChannel channel = channelOf(name);
            long at = offset;
            while (data.hasRemaining()) {
                at += channel.write(data, at);
            }
        });
        bytesWritten += bytes;
    }

    @Override
    public void filesComplete() throws IOException {
        guarded(() -> {
            for (Space space : spaces.values()) {
                space.finish();
            }
            closeFile();
        });
        finished = true;
    }

    @Override
    public void complete(ImageSummary summary) throws IOException {
        if (finished) {
            guarded(this::closeFile); // files that CRIU does not read may have come since
        } else {
            filesComplete();
        }
    }

    @Override
    public void failed(IOException cause) {
        for (Space space : spaces.values()) {
            space.abandon();
        }
        try {
            closeFile();
        } catch (IOException e) {
            LOG.debug("closing an image in {} that is given up: {}", directory, e.getMessage());
        }
    }

    private Space space(PageSpace space) throws IOException {
        Space known = spaces.get(space);
        if (known == null) {
            if (spaces.size() >= SPACES_MAX) {
                throw new IOException("more than " + SPACES_MAX + " memory spaces in one image");
            }
            known = new Space(directory, space, spaces.size() + 1);
            spaces.put(space, known);
        }
        return known;
    }

    private FileChannel channelOf(String name) throws IOException {
        OpenFile current = open;
        if (current == null || !current.name().equals(name)) {
            closeFile();
            current = new OpenFile(
                    name,
                    FileChannel.open(directory.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE));
            open = current;
        }
        return current.channel();
    }

    private void closeFile() throws IOException {
        OpenFile current = open;
        open = null;
        if (current != null) {
            current.channel().close();
        }
    }

    private interface Write {
        void run() throws IOException;
    }

    private void guarded(Write write) throws IOException {
        try {
            write.run();
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage());
            if (message.contains("No space left")) {
                throw new IOException(
                        "the image does not fit into " + directory + ": " + bytesWritten / MIB
                                + " MiB are there, the limit is "
                                + Files.getFileStore(directory).getTotalSpace() / MIB
                                + " MiB; free memory on this node or move the service elsewhere",
                        e);
            }
            throw e;
        }
    }

    /** One task's or segment's pages and their map. */
    private static final class Space {

        private final PagemapFile map;
        private final FileChannel pages;
        private long size;

        Space(Path directory, PageSpace space, int pagesId) throws IOException {
            map = new PagemapFile(directory, space, pagesId);
            pages = FileChannel.open(
                    directory.resolve(PagemapFile.pagesName(pagesId)),
                    StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
        }

        void write(long address, ByteBuffer data) throws IOException {
            map.add(address, data.remaining() / PageServerProtocol.PAGE_BYTES);
            while (data.hasRemaining()) {
                size += pages.write(data, size);
            }
        }

        void skip(long address, long count) throws IOException {
            map.add(address, count);
            size = Math.addExact(size, Math.multiplyExact(count, PageServerProtocol.PAGE_BYTES));
        }

        void finish() throws IOException {
            map.close();
            try (pages) {
                if (pages.size() < size) {
                    // A hole at the end: the last byte makes the file as long as its map says.
                    pages.write(ByteBuffer.allocate(1), size - 1);
                }
            }
        }

        void abandon() {
            try (pages) {
                map.close();
            } catch (IOException e) {
                LOG.debug("closing pages that are given up: {}", e.getMessage());
            }
        }
    }
}
