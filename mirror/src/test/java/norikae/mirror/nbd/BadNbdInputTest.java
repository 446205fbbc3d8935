package norikae.mirror.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Random;
import norikae.mirror.LocalVolume;
import norikae.mirror.store.BlockStore;
import norikae.mirror.store.FileStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that do not keep to the protocol: each is answered or hung up on, and the others notice nothing. */
class BadNbdInputTest {

    private static final int SIZE = 1 << 20;

    @SuppressWarnings("NullAway.Init")
    private BlockStore store;

    @SuppressWarnings("NullAway.Init")
    private NbdServer server;

    @BeforeEach
    void start(@TempDir Path directory) throws Exception {
        FileStore.create(directory.resolve("data"), SIZE);
        store = FileStore.open(directory.resolve("data"), SIZE);
        server = NbdServer.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        server.add(new NbdExport("v", "a test's", new LocalVolume(store, false)));
        server.add(new NbdExport("ro", "a test's", new LocalVolume(store, true)));
    }

    @AfterEach
    void othersNoticedNothing() throws Exception {
        try (RawNbd good = new RawNbd(server).attached("v")) {
            good.request(Nbd.CMD_FLAG_FUA, Nbd.CMD_WRITE, 7, 512, 4);
            good.out.writeInt(42);
            assertThat(good.error(7)).isZero();
            good.request(0, Nbd.CMD_READ, 8, 512, 4);
            assertThat(good.error(8)).isZero();
            assertThat(good.in.readInt()).isEqualTo(42);
        } finally {
            server.close();
            store.close();
        }
    }

    @Test
    void garbageInNegotiationIsHungUpOn() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 50; i++) {
            try (RawNbd client = new RawNbd(server)) {
                client.in.readFully(new byte[18]);
                byte[] garbage = new byte[100 + random.nextInt(2000)];
                random.nextBytes(garbage);
                client.out.write(garbage);
                assertThat(client.isHungUp()).as("seed %d, round %d", seed, i).isTrue();
            } catch (java.net.SocketException e) {
                assertThat(e).as("hung up while we were still talking").isNotNull();
            }
        }
    }

    @Test
    void anOptionOfFourGigabytesIsHungUpOnBeforeItIsRead() throws Exception {
        try (RawNbd client = new RawNbd(server).greeted()) {
            client.out.writeLong(Nbd.IHAVEOPT);
            client.out.writeInt(Nbd.OPT_GO);
            client.out.writeInt(-1);
            assertThat(client.isHungUp()).isTrue();
        }
    }

    @Test
    void anOptionWhoseInnerLengthsLieIsRefusedAndTheNextIsHeard() throws Exception {
        try (RawNbd client = new RawNbd(server).greeted()) {
            for (int option : new int[] {Nbd.OPT_INFO, Nbd.OPT_GO}) {
                client.option(option, new byte[] {0x7f, -1, -1, -1, 0, 0});
                assertThat(replyType(client)).isEqualTo(Nbd.REP_ERR_INVALID);
                client.option(option, new byte[] {0, 0, 0, 1, 'v', 0, 9});
                assertThat(replyType(client)).isEqualTo(Nbd.REP_ERR_INVALID);
                client.option(option, new byte[] {0, 0, 0, 1, 'x', 0, 0});
                assertThat(replyType(client)).isEqualTo(Nbd.REP_ERR_UNKNOWN);
            }
            client.option(Nbd.OPT_STRUCTURED_REPLY, new byte[0]);
            assertThat(replyType(client)).isEqualTo(Nbd.REP_ACK);
            client.option(Nbd.OPT_SET_META_CONTEXT, new byte[] {0, 0, 0, 1, 'v', -1, -1, -1, -1});
            assertThat(replyType(client)).isEqualTo(Nbd.REP_ERR_INVALID);
            client.option(1234, new byte[3000]);
            assertThat(replyType(client)).isEqualTo(Nbd.REP_ERR_UNSUP);
            client.option(Nbd.OPT_ABORT, new byte[0]);
            assertThat(replyType(client)).isEqualTo(Nbd.REP_ACK);
            assertThat(client.isHungUp()).isTrue();
        }
    }

    private static int replyType(RawNbd client) throws Exception {
        assertThat(client.in.readLong()).isEqualTo(Nbd.OPTION_REPLY_MAGIC);
        client.in.readInt();
        int type = client.in.readInt();
        client.in.readFully(new byte[client.in.readInt()]);
        return type;
    }

    @Test
    void anUnknownExportIsHungUpOn() throws Exception {
        try (RawNbd client = new RawNbd(server).greeted()) {
            client.option(Nbd.OPT_EXPORT_NAME, new byte[] {'n', 'o'});
            assertThat(client.isHungUp()).isTrue();
        }
    }

    @Test
    void garbageInTransmissionIsHungUpOn() throws Exception {
        try (RawNbd client = new RawNbd(server).attached("v")) {
            client.out.write(new byte[28]);
            assertThat(client.isHungUp()).isTrue();
        }
    }

    @Test
    void rangesOutsideAreRefusedAndTheConnectionGoesOn() throws Exception {
        try (RawNbd client = new RawNbd(server).attached("v")) {
            client.request(0, Nbd.CMD_READ, 1, SIZE - 1, 2);
            assertThat(client.error(1)).isEqualTo(Nbd.EINVAL);
            client.request(0, Nbd.CMD_READ, 2, -1, 1);
            assertThat(client.error(2)).isEqualTo(Nbd.EINVAL);
            client.request(0, Nbd.CMD_WRITE, 3, SIZE - 1, 2);
            client.out.writeShort(0);
            assertThat(client.error(3)).isEqualTo(Nbd.ENOSPC);
            client.request(0, Nbd.CMD_WRITE, 4, Long.MAX_VALUE, 2);
            client.out.writeShort(0);
            assertThat(client.error(4)).isEqualTo(Nbd.ENOSPC);
            client.request(0, Nbd.CMD_TRIM, 5, SIZE, 1);
            assertThat(client.error(5)).isEqualTo(Nbd.ENOSPC);
            client.request(0, Nbd.CMD_WRITE_ZEROES, 6, 0, -1);
            assertThat(client.error(6)).isEqualTo(Nbd.ENOSPC);
            client.request(0, Nbd.CMD_READ, 7, 0, 16);
            assertThat(client.error(7)).isZero();
            client.in.readFully(new byte[16]);
        }
    }

    @Test
    void hugeLengthsTakeNoMemoryAndAreRefused() throws Exception {
        try (RawNbd client = new RawNbd(server).attached("v")) {
            client.request(0, Nbd.CMD_READ, 1, 0, -1);
            assertThat(client.error(1)).isEqualTo(Nbd.EINVAL);
            int length = Nbd.PAYLOAD_BYTES_MAX + 1;
            client.request(0, Nbd.CMD_WRITE, 2, 0, length);
            client.out.write(new byte[length]);
            assertThat(client.error(2)).isEqualTo(Nbd.EINVAL);
            client.request(0, Nbd.CMD_FLUSH, 3, 0, 0);
            assertThat(client.error(3)).isZero();
        }
    }

    @Test
    void unknownCommandsAndFlagsAreRefused() throws Exception {
        try (RawNbd client = new RawNbd(server).attached("v")) {
            client.request(0, 4711, 1, 0, 0);
            assertThat(client.error(1)).isEqualTo(Nbd.EINVAL);
            client.request(0x8000, Nbd.CMD_WRITE_ZEROES, 2, 0, 512);
            assertThat(client.error(2)).isEqualTo(Nbd.EINVAL);
            client.request(0, Nbd.CMD_BLOCK_STATUS, 3, 0, 512);
            assertThat(client.error(3)).as("no context was agreed on").isEqualTo(Nbd.EINVAL);
            client.request(0, Nbd.CMD_FLUSH, 4, 1, 1);
            assertThat(client.error(4)).isEqualTo(Nbd.EINVAL);
        }
    }

    @Test
    void aReadOnlyDiskIsNotWritten() throws Exception {
        try (RawNbd client = new RawNbd(server).attached("ro")) {
            client.request(0, Nbd.CMD_WRITE, 1, 0, 2);
            client.out.writeShort(0);
            assertThat(client.error(1)).isEqualTo(Nbd.EPERM);
            client.request(0, Nbd.CMD_TRIM, 2, 0, 512);
            assertThat(client.error(2)).isEqualTo(Nbd.EPERM);
        }
    }

    @Test
    void aClientThatVanishesInMidRequestLeavesNothingBehind() throws Exception {
        for (int i = 0; i < 20; i++) {
            try (RawNbd client = new RawNbd(server).attached("v")) {
                client.request(0, Nbd.CMD_WRITE, 1, 4096, 65536);
                client.out.write(new byte[1000 * i]);
                client.request(0, Nbd.CMD_READ, 2, 0, SIZE);
            }
        }
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (server.clients() > 0 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(server.clients()).isZero();
    }

    @Test
    void aThousandRequestsBeforeTheFirstReplyIsReadAreAllAnswered() throws Exception {
        try (RawNbd client = new RawNbd(server).attached("v")) {
            Thread writer = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 1000; i++) {
                        client.request(0, Nbd.CMD_READ, i, 0, 64 * 1024);
                    }
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            java.util.Set<Long> answered = new java.util.HashSet<>();
            for (int i = 0; i < 1000; i++) {
                assertThat(client.in.readInt()).isEqualTo(Nbd.SIMPLE_REPLY_MAGIC);
                assertThat(client.in.readInt()).isZero();
                answered.add(client.in.readLong());
                client.in.readFully(new byte[64 * 1024]);
            }
            writer.join();
            assertThat(answered).hasSize(1000);
        }
    }

    @Test
    void aTakenPortIsNamed() {
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> NbdServer.start((InetSocketAddress) server.address()))
                .hasMessageContaining(String.valueOf(((InetSocketAddress) server.address()).getPort()));
    }
}
