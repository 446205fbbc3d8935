package norikae.agent.server;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import norikae.agent.api.v1.LogChunk;
import norikae.agent.api.v1.LogPart;
import norikae.agent.peer.ApiException;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceName;

/** The files on this node that services write their output to: one for each time that a service ran here. Thread-safe. */
final class LogParts {

    private static final Pattern FILE = Pattern.compile("log-(\\d{1,18})");
    private static final int CHUNK_BYTES = 64 << 10;
    private static final long LOOK_AGAIN_MILLIS = 100;

    private final NodeId self;
    private final Path servicesDirectory;

    LogParts(NodeId self, Path servicesDirectory) {
        this.self = self;
        this.servicesDirectory = servicesDirectory;
    }

    List<LogPart> list(ServiceName service) {
        Path directory = servicesDirectory.resolve(service.value());
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            List<LogPart> parts = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                Matcher m = FILE.matcher(file.getFileName().toString());
                if (m.matches()) {
                    parts.add(LogPart.newBuilder()
                            .setEpoch(Long.parseLong(m.group(1)))
                            .setBytes(Files.size(file))
                            .build());
                }
            }
            return parts;
        } catch (IOException e) {
            throw new UncheckedIOException("logs of service " + service + " cannot be listed", e);
        }
    }

    /** Reads from {@code offset} to the end; with {@code goOn}, until that turns false and all is read. */
    void read(ServiceName service, long epoch, long offset, BooleanSupplier goOn, Consumer<LogChunk> listener) {
        Path file = servicesDirectory.resolve(service.value()).resolve("log-" + epoch);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.position(offset);
            ByteBuffer buffer = ByteBuffer.allocate(CHUNK_BYTES);
            while (true) {
                boolean last = !goOn.getAsBoolean();
                while (channel.read(buffer.clear()) > 0) {
                    listener.accept(LogChunk.newBuilder()
                            .setNode(self.value())
                            .setEpoch(epoch)
                            .setData(ByteString.copyFrom(buffer.flip()))
                            .build());
                }
                if (last) {
                    return;
                }
                Thread.sleep(LOOK_AGAIN_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new ApiException(
                    Status.Code.NOT_FOUND, "node " + self + " has no readable log " + file + ": " + e.getMessage(), e);
        }
    }
}
