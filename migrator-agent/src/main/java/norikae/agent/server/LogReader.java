package norikae.agent.server;

import com.linecorp.armeria.server.ServiceRequestContext;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import norikae.agent.api.v1.ListLogPartsRequest;
import norikae.agent.api.v1.LogChunk;
import norikae.agent.api.v1.LogPart;
import norikae.agent.api.v1.ReadLogPartRequest;
import norikae.agent.api.v1.ReadLogsRequest;
import norikae.agent.capsule.CapsuleManager;
import norikae.agent.peer.ApiException;
import norikae.agent.peer.LogWriter;
import norikae.agent.peer.Peers;
import norikae.failover.model.NodeId;
import norikae.failover.model.NodeRecord;
import norikae.failover.model.ServiceName;

/** Puts a service's output together from all nodes on which it ran, in the order of its epochs. Thread-safe. */
final class LogReader {

    private static final long BYTES_MAX = 64L << 20;

    private final NodeId self;
    private final LogWriter log;
    private final Peers peers;
    private final CapsuleManager capsules;
    private final LogParts parts;

    LogReader(NodeId self, LogWriter log, Peers peers, CapsuleManager capsules, LogParts parts) {
        this.self = self;
        this.log = log;
        this.peers = peers;
        this.capsules = capsules;
        this.parts = parts;
    }

    private record Piece(NodeId node, LogPart part) {}

    void read(ReadLogsRequest request, ServiceRequestContext call, Consumer<LogChunk> listener) {
        ServiceName service = new ServiceName(request.getService());
        if (log.read().service(service).isEmpty()) {
            throw ServiceControl.unknown(service);
        }
        long wanted = request.getTailBytes() == 0 ? BYTES_MAX : Math.min(request.getTailBytes(), BYTES_MAX);
        Set<Long> shown = new HashSet<>();
        List<Piece> pieces = pieces(service);
        long total = pieces.stream().mapToLong(p -> p.part().getBytes()).sum();
        long skip = Math.max(0, total - wanted);
        do {
            for (Piece piece : pieces) {
                if (!shown.add(piece.part().getEpoch())) {
                    continue;
                }
                long offset = Math.min(skip, piece.part().getBytes());
                skip -= offset;
                readPiece(service, piece, offset, request.getFollow(), call, listener);
            }
            pieces = request.getFollow() ? pieces(service) : List.of();
        } while (request.getFollow()
                && !call.isCancelled()
                && log.read().service(service).isPresent());
    }

    private void readPiece(
            ServiceName service,
            Piece piece,
            long offset,
            boolean follow,
            ServiceRequestContext call,
            Consumer<LogChunk> listener) {
        long epoch = piece.part().getEpoch();
        if (piece.node().equals(self)) {
            parts.read(
                    service, epoch, offset, () -> follow && !call.isCancelled() && runsHere(service, epoch), listener);
            return;
        }
        peers.blockingStream(piece.node())
                .readLogPart(ReadLogPartRequest.newBuilder()
                        .setService(service.value())
                        .setEpoch(epoch)
                        .setOffset(offset)
                        .setFollow(follow)
                        .build())
                .forEachRemaining(listener);
    }

    /** Whether the service runs on this node under {@code epoch}, so that more output may come. */
    boolean runsHere(ServiceName service, long epoch) {
        return capsules.find(service).filter(c -> c.epoch().value() == epoch).isPresent();
    }

    private List<Piece> pieces(ServiceName service) {
        List<Piece> pieces = new ArrayList<>();
        for (NodeRecord node : log.log().latestKnown().workers()) {
            try {
                List<LogPart> here = node.id().equals(self)
                        ? parts.list(service)
                        : peers.ask(node.id())
                                .listLogParts(ListLogPartsRequest.newBuilder()
                                        .setService(service.value())
                                        .build())
                                .getPartsList();
                here.forEach(part -> pieces.add(new Piece(node.id(), part)));
            } catch (StatusRuntimeException | ApiException e) {
                // That node's pieces cannot be had just now; the others are better than none.
            }
        }
        pieces.sort(Comparator.comparingLong(p -> p.part().getEpoch()));
        return pieces;
    }
}
