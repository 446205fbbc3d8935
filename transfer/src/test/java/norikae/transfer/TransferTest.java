package norikae.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TransferTest {

    private static final PageSpace TASK = PageSpace.task(17);
    private static final int MIB = 1024 * 1024;

    private static TlsMaterial nodeA;
    private static TlsMaterial nodeB;

    private final List<AutoCloseable> open = new ArrayList<>();
    private ImageSink sink = new MemorySink();
    private DataServer server;

    @BeforeAll
    static void certificates(@TempDir Path pkiDirectory) throws Exception {
        TestPki pki = new TestPki(pkiDirectory);
        nodeA = pki.node("node-a");
        nodeB = pki.node("node-b");
    }

    @BeforeEach
    void startTarget() throws IOException {
        server = DataServer.start(loopback(), nodeB, (_, _) -> sink);
    }

    @AfterEach
    void closeAllAndFindNoBufferInUse() throws Exception {
        for (AutoCloseable closeable : open) {
            closeable.close();
        }
        server.close();
        Await.noBufferInUse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void pagesAndFilesArriveAsTheyWereSent(boolean compress) throws Exception {
        MemorySink target = new MemorySink();
        sink = target;
        Random random = new Random(4711);
        Map<MemorySink.Place, byte[]> sentPages = new HashMap<>();
        Map<String, byte[]> sentFiles = new HashMap<>();
        long pageBytes = 0;
        long zeroPages = 0;
        ImageReceipt receipt;
        try (ImageStream stream = open("m-1", StreamOptions.DEFAULT.withCompress(compress))) {
            for (int run = 0; run < 60; run++) {
                PageSpace space = random.nextInt(4) == 0
                        ? PageSpace.sharedMemory(random.nextInt(3))
                        : PageSpace.task(random.nextInt(5));
                int pages = 1 + random.nextInt(300);
                long address = 0x7f00_0000_0000L + run * 0x1000_0000L;
                ByteBuffer data =
                        run % 2 == 0 ? ByteBuffer.allocateDirect(pages * 4096) : ByteBuffer.allocate(pages * 4096);
                for (int page = 0; page < pages; page++) {
                    byte[] content = page(random);
                    data.put(content);
                    zeroPages += isZero(content) ? 1 : 0;
                    sentPages.put(new MemorySink.Place(space, address + page * 4096L), content);
                }
                stream.pages(space, address, data.flip());
                assertThat(data.remaining()).isEqualTo(pages * 4096);
                pageBytes += pages * 4096L;
                byte[] file = new byte[random.nextInt(600_000)];
                random.nextBytes(file);
                stream.file("core-" + run + ".img", 0, ByteBuffer.wrap(file));
                sentFiles.put("core-" + run + ".img", file);
            }
            stream.file("empty.img", 0, ByteBuffer.allocate(0));
            sentFiles.put("empty.img", new byte[0]);
            receipt = stream.complete();
        }

        assertThat(target.ending.join()).isEqualTo(receipt.summary());
        assertThat(receipt.summary().pageBytes()).isEqualTo(pageBytes);
        assertThat(receipt.summary().files()).isEqualTo(61);
        assertThat(receipt.meter().zeroPages()).isEqualTo(zeroPages).isPositive();
        assertThat(receipt.meter().seconds()).isPositive();
        assertThat(receipt.meter().rawBytes())
                .isEqualTo(pageBytes + receipt.summary().fileBytes());
        assertThat(target.pages.keySet()).isEqualTo(sentPages.keySet());
        sentPages.forEach((place, content) ->
                assertThat(target.pages.get(place)).as(place.toString()).isEqualTo(content));
        assertThat(target.files.keySet()).isEqualTo(sentFiles.keySet());
        sentFiles.forEach((name, content) -> assertThat(join(target.files.getOrDefault(name, new TreeMap<>())))
                .isEqualTo(content));
    }

    @Test
    void compressionSavesBytesOnTheWire() throws Exception {
        byte[] text = "lines like these repeat themselves, as a heap does\n"
                .repeat(40_000)
                .getBytes(StandardCharsets.US_ASCII);
        ByteBuffer pages = ByteBuffer.wrap(text, 0, text.length / 4096 * 4096);
        long packed = wireBytes("m-packed", true, pages);
        sink = new MemorySink();
        long plain = wireBytes("m-plain", false, pages);
        assertThat(packed).isLessThan(plain / 4);
        assertThat(plain).isGreaterThan(pages.remaining());
    }

    private long wireBytes(String move, boolean compress, ByteBuffer pages) throws IOException {
        try (ImageStream stream = open(move, StreamOptions.DEFAULT.withCompress(compress))) {
            stream.pages(TASK, 0, pages);
            return stream.complete().meter().wireBytes();
        }
    }

    @Test
    void anEmptyImageIsAnImage() throws Exception {
        try (ImageStream stream = open("m-1")) {
            assertThat(stream.complete().summary()).isEqualTo(new ImageSummary(0, 0, 0, 0));
        }
    }

    @Test
    void aFastSourceWaitsForASlowSinkInBoundedMemory() throws Exception {
        CountDownLatch mayGoOn = new CountDownLatch(1);
        sink = new MemorySink() {
            @Override
            public void pages(PageSpace space, long address, ByteBuffer data) throws IOException {
                try {
                    mayGoOn.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        };
        ByteBuffer data = ByteBuffer.allocateDirect(MIB);
        new Random(3).longs(MIB / 8).forEach(data::putLong);
        data.flip();
        int total = 200;
        AtomicLong peak = new AtomicLong();
        try (ImageStream stream = open("m-1")) {
            CompletableFuture<ImageReceipt> sending = CompletableFuture.supplyAsync(() -> {
                try {
                    for (int i = 0; i < total; i++) {
                        stream.pages(TASK, (long) i * MIB, data);
                        peak.accumulateAndGet(Links.BUFFERS.pinnedDirectMemory(), Math::max);
                    }
                    return stream.complete();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            AtomicLong last = new AtomicLong(-1);
            Await.until("the source stands still", () -> {
                long now = stream.meter().wireBytes();
                java.util.concurrent.locks.LockSupport.parkNanos(300_000_000);
                return now > 4 * MIB && now == last.getAndSet(now);
            });
            assertThat(stream.meter().wireBytes()).isLessThan(64L * MIB);
            assertThat(Links.BUFFERS.pinnedDirectMemory()).isLessThan(24L * MIB);
            mayGoOn.countDown();
            assertThat(sending.join().summary().pageBytes()).isEqualTo((long) total * MIB);
        }
        assertThat(peak.get()).isPositive().isLessThan(24L * MIB);
    }

    @Test
    void whatTheSinkThrowsIsReadByTheSource() throws Exception {
        MemorySink full = new MemorySink() {
            @Override
            public void pages(PageSpace space, long address, ByteBuffer data) throws IOException {
                throw new IOException("/run/norikae/moves/m-1/pages-1.img: No space left on device");
            }
        };
        sink = full;
        try (ImageStream stream = open("m-1")) {
            TransferFailedException failure = catchThrowableOfType(TransferFailedException.class, () -> {
                ByteBuffer data = ByteBuffer.allocate(MIB);
                new Random(1).nextBytes(data.array());
                for (int i = 0; i < 1000; i++) {
                    stream.pages(TASK, (long) i * MIB, data);
                }
                stream.complete();
            });
            assertThat(failure.reason()).isEqualTo("/run/norikae/moves/m-1/pages-1.img: No space left on device");
            assertThat(failure)
                    .hasMessageContaining("No space left on device")
                    .hasMessageContaining("move=m-1")
                    .hasMessageContaining("peer=node-b@")
                    .hasMessageContaining("bytes=");
            assertThat(failure.bytes()).isPositive();
            assertThatThrownBy(() -> stream.file("late", 0, ByteBuffer.allocate(1)))
                    .isSameAs(failure);
        }
        assertThat(full.ending.join()).isInstanceOf(IOException.class);
    }

    @Test
    void aSinkThatCannotCompleteKeepsTheReceiptBack() {
        sink = new MemorySink() {
            @Override
            public void complete(ImageSummary summary) throws IOException {
                throw new IOException("inventory is missing");
            }
        };
        assertThatThrownBy(() -> {
                    try (ImageStream stream = open("m-1")) {
                        stream.complete();
                    }
                })
                .isInstanceOf(TransferFailedException.class)
                .hasMessageContaining("inventory is missing");
    }

    @Test
    void aSinkWithABugFailsItsStreamAlone() throws Exception {
        MemorySink buggy = new MemorySink() {
            @Override
            public void file(String name, long offset, ByteBuffer data) {
                throw new IllegalStateException("a bug");
            }
        };
        sink = buggy;
        assertThatThrownBy(() -> {
                    try (ImageStream stream = open("m-1")) {
                        stream.file("a", 0, ByteBuffer.allocate(1));
                        stream.complete();
                    }
                })
                .isInstanceOf(TransferFailedException.class)
                .hasMessageContaining("IllegalStateException: a bug");
        assertThat(buggy.ending.join()).isInstanceOf(IOException.class);
        sink = new MemorySink();
        try (ImageStream stream = open("m-1")) {
            stream.complete();
        }
    }

    @Test
    void anAbortTellsTheSinkWhy() throws Exception {
        MemorySink target = new MemorySink();
        sink = target;
        ImageStream stream = open("m-1");
        stream.file("a", 0, ByteBuffer.allocate(100));
        stream.abort("the operator pressed Ctrl-C");
        assertThat((Throwable) target.ending.join())
                .isInstanceOf(TransferAbortedException.class)
                .hasMessageContaining("the operator pressed Ctrl-C")
                .hasMessageContaining("move=m-1 peer=node-a@");
        assertThatThrownBy(stream::complete).isInstanceOf(TransferAbortedException.class);
    }

    @Test
    void closingAnIncompleteStreamAbortsIt() throws Exception {
        MemorySink target = new MemorySink();
        sink = target;
        open("m-1").close();
        assertThat((Throwable) target.ending.join())
                .isInstanceOf(TransferAbortedException.class)
                .hasMessageContaining("closed before it was complete");
    }

    @Test
    void aRefusedTicketIsToldWithItsReason() throws Exception {
        try (DataServer strict = DataServer.start(loopback(), nodeB, (ticket, peer) -> {
            throw new TicketRefusedException("move " + ticket.moveId() + " of " + peer + " is not planned");
        })) {
            assertThatThrownBy(() -> DataClient.open(strict.address(), nodeA, ticket("m-9"), StreamOptions.DEFAULT))
                    .isInstanceOfSatisfying(TransferRefusedException.class, e -> assertThat(e.refusal())
                            .isEqualTo(TransferRefusedException.Refusal.TICKET))
                    .hasMessageContaining("move m-9 of node-a is not planned");
        }
    }

    @Test
    void theTicketReachesTheCheckWithTheNameOfTheCertificate() throws Exception {
        CompletableFuture<String> seen = new CompletableFuture<>();
        try (DataServer asking = DataServer.start(loopback(), nodeB, (ticket, peer) -> {
                    seen.complete(ticket + " from " + peer);
                    return new MemorySink();
                });
                ImageStream stream = DataClient.open(asking.address(), nodeA, ticket("m-1"), StreamOptions.DEFAULT)) {
            stream.complete();
        }
        assertThat(seen.join())
                .isEqualTo("MoveTicket[moveId=m-1, service=ledger, epoch=7, sourceNode=node-a] from node-a");
    }

    @Test
    void aSecondConnectionWithTheTicketIsRefusedAndTheFirstGoesOn() throws Exception {
        try (ImageStream first = open("m-1")) {
            assertThatThrownBy(() -> open("m-1"))
                    .isInstanceOfSatisfying(TransferRefusedException.class, e -> assertThat(e.refusal())
                            .isEqualTo(TransferRefusedException.Refusal.TICKET_IN_USE));
            first.file("a", 0, ByteBuffer.allocate(10));
            assertThat(first.complete().summary().fileBytes()).isEqualTo(10);
        }
    }

    @Test
    void streamsOfTwoMovesRunSideBySide() throws Exception {
        MemorySink one = new MemorySink();
        MemorySink two = new MemorySink();
        sink = one;
        try (ImageStream first = open("m-1")) {
            sink = two;
            try (ImageStream second = open("m-2")) {
                first.file("a", 0, ByteBuffer.allocate(1));
                second.file("b", 0, ByteBuffer.allocate(2));
                second.complete();
            }
            first.complete();
        }
        assertThat(one.files).containsOnlyKeys("a");
        assertThat(two.files).containsOnlyKeys("b");
    }

    @Test
    void closingTheTargetFailsItsStreamsOnBothSides() throws Exception {
        MemorySink target = new MemorySink();
        sink = target;
        try (ImageStream stream = open("m-1")) {
            server.close();
            assertThat((Throwable) target.ending.getNow("none"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("data port is being closed");
            assertThatThrownBy(stream::complete)
                    .isInstanceOfAny(TransferFailedException.class, TransferInterruptedException.class);
        }
    }

    @Test
    void aTargetThatIsNotThereIsNamed() throws Exception {
        InetSocketAddress address = server.address();
        server.close();
        assertThatThrownBy(() -> DataClient.open(address, nodeA, ticket("m-1"), StreamOptions.DEFAULT))
                .isInstanceOf(TransferInterruptedException.class)
                .hasMessageContaining("cannot be reached")
                .hasMessageContaining("127.0.0.1:" + address.getPort());
    }

    @Test
    void anAddressInUseIsNamed() {
        assertThatThrownBy(() -> DataServer.start(server.address(), nodeB, (_, _) -> sink))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("data port")
                .hasMessageContaining("Address already in use");
    }

    @Test
    void pagesOffTheGridAreTheCallersMistake() throws Exception {
        try (ImageStream stream = open("m-1")) {
            assertThatThrownBy(() -> stream.pages(TASK, 1, ByteBuffer.allocate(4096)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> stream.pages(TASK, 0, ByteBuffer.allocate(100)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> stream.file("../x", 0, ByteBuffer.allocate(100)))
                    .isInstanceOf(IllegalArgumentException.class);
            stream.complete();
            assertThatThrownBy(() -> stream.file("late", 0, ByteBuffer.allocate(1)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("stream of move m-1 is complete");
        }
    }

    @Test
    void anInterruptedThreadStopsWaiting() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        sink = new MemorySink() {
            @Override
            public void complete(ImageSummary summary) throws IOException {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    throw new IOException("interrupted", e);
                }
            }
        };
        try (ImageStream stream = open("m-1")) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(stream::complete)
                    .isInstanceOf(TransferInterruptedException.class)
                    .hasMessageContaining("thread was interrupted");
            assertThat(Thread.interrupted()).isTrue();
        } finally {
            never.countDown();
        }
    }

    private ImageStream open(String moveId) throws IOException {
        return open(moveId, StreamOptions.DEFAULT);
    }

    private ImageStream open(String moveId, StreamOptions options) throws IOException {
        ImageStream stream = DataClient.open(server.address(), nodeA, ticket(moveId), options);
        open.add(stream);
        return stream;
    }

    static MoveTicket ticket(String moveId) {
        return new MoveTicket(moveId, "ledger", 7, "node-a");
    }

    static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    /** A third zeros, a third compressible, a third random. */
    private static byte[] page(Random random) {
        byte[] page = new byte[4096];
        switch (random.nextInt(3)) {
            case 0 -> {}
            case 1 -> java.util.Arrays.fill(page, 100, 3000, (byte) (1 + random.nextInt(100)));
            default -> random.nextBytes(page);
        }
        return page;
    }

    private static boolean isZero(byte[] page) {
        return java.util.Arrays.equals(page, new byte[4096]);
    }

    private static byte[] join(Map<Long, byte[]> chunks) {
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
        chunks.forEach((offset, chunk) -> {
            assertThat(offset).isEqualTo(out.size());
            out.writeBytes(chunk);
        });
        return out.toByteArray();
    }

    /** For tests that wait for silence. */
    static StreamOptions impatient() {
        return new StreamOptions(true, Duration.ofSeconds(5), Duration.ofMillis(500), Duration.ofMillis(500));
    }
}
