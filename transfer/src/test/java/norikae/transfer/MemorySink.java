package norikae.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/** Keeps all in memory, and minds that it is used as promised. */
class MemorySink implements ImageSink {

    record Place(PageSpace space, long address) {}

    final Map<Place, byte[]> pages = new ConcurrentHashMap<>();
    final Map<String, TreeMap<Long, byte[]>> files = new ConcurrentHashMap<>();

    /** The ending: a summary, or the cause of failure. */
    final CompletableFuture<Object> ending = new CompletableFuture<>();

    private final AtomicReference<Thread> thread = new AtomicReference<>();

    @Override
    public void pages(PageSpace space, long address, ByteBuffer data) throws IOException {
        called();
        for (long at = address; data.hasRemaining(); at += 4096) {
            byte[] page = new byte[4096];
            data.get(page);
            pages.put(new Place(space, at), page);
        }
    }

    @Override
    public void file(String name, long offset, ByteBuffer data) throws IOException {
        called();
        byte[] chunk = new byte[data.remaining()];
        data.get(chunk);
        files.computeIfAbsent(name, _ -> new TreeMap<>()).put(offset, chunk);
    }

    @Override
    public void complete(ImageSummary summary) throws IOException {
        called();
        end(summary);
    }

    @Override
    public void failed(IOException cause) {
        called();
        end(cause);
    }

    private void end(Object how) {
        if (!ending.complete(how)) {
            throw new AssertionError("a second ending: " + how + " after " + ending.join());
        }
    }

    private void called() {
        if (ending.isDone()) {
            throw new AssertionError("called after its end");
        }
        Thread before = thread.getAndSet(Thread.currentThread());
        if (before != null && before != Thread.currentThread()) {
            throw new AssertionError("called from " + before + " and from " + Thread.currentThread());
        }
    }
}
