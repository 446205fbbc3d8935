package norikae.agent.move;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import norikae.agent.api.v1.CancelMoveReply;
import norikae.agent.api.v1.PrepareMoveRequest;
import norikae.agent.api.v1.RemainderPages;
import norikae.agent.api.v1.RemainderRequest;
import norikae.agent.api.v1.TargetUpdate;
import norikae.agent.capsule.Capsule;
import norikae.agent.capsule.EmptyCapsule;
import norikae.agent.peer.ApiException;
import norikae.agent.peer.SpecMessages;
import norikae.failover.model.Epoch;
import norikae.failover.model.MoveId;
import norikae.failover.model.NodeId;
import norikae.failover.model.ServiceName;
import norikae.failover.move.MoveEvent;
import norikae.transfer.ImageSink;
import norikae.transfer.MoveTicket;
import norikae.transfer.TicketCheck;
import norikae.transfer.TicketRefusedException;
import norikae.transfer.memory.LazyFill;
import norikae.transfer.memory.PageStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All moves that this agent takes part in. Thread-safe. */
public final class Moves implements TicketCheck {

    private static final Logger LOG = LoggerFactory.getLogger(Moves.class);

    /** A service may grow while it moves: by half, and by so much. */
    private static final long STORE_ROOM = 256L << 20;

    private final MoveContext context;
    private final ServiceActivities activities;
    private final SecureRandom random = new SecureRandom();
    private final Map<MoveId, SourceMove> outgoing = new ConcurrentHashMap<>();
    private final Map<MoveId, TargetMove> incoming = new ConcurrentHashMap<>();
    private final Set<MoveId> preparing = ConcurrentHashMap.newKeySet();

    public Moves(MoveContext context, ServiceActivities activities) {
        this.context = context;
        this.activities = activities;
        context.log().onChange(this::logChanged);
    }

    /** A move that has been accepted and goes on by itself, whatever becomes of the one who asked for it. */
    public record Started(MoveId id, Thread thread) {}

    /**
     * Starts moving a service of this node.
     *
     * @throws ApiException if it does not run here, or something else is being done with it
     */
    public Started start(ServiceName service, NodeId to, MoveOptions options, MoveListener listener) {
        Capsule capsule = context.capsules()
                .find(service)
                .orElseThrow(() -> new ApiException(
                        Status.Code.FAILED_PRECONDITION,
                        "service " + service + " does not run on node " + context.self() + " just now"));
        ServiceActivities.Activity activity = activities.begin(service, "moving to " + to);
        byte[] bytes = new byte[6];
        random.nextBytes(bytes);
        MoveId id = new MoveId("m" + HexFormat.of().formatHex(bytes));
        SourceMove move = new SourceMove(context, id, service, to, capsule, options, listener);
        outgoing.put(id, move);
        Thread thread = Thread.ofPlatform().name("move-" + service).start(() -> {
            try (activity) {
                move.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                outgoing.remove(id);
            }
        });
        return new Started(id, thread);
    }

    /** The operator wants it to end; it does unless it has committed. */
    public CancelMoveReply cancel(MoveId id) {
        SourceMove move = outgoing.get(id);
        if (move == null) {
            throw new ApiException(Status.Code.NOT_FOUND, "node " + context.self() + " leads no move " + id);
        }
        move.post(new MoveEvent.Failed("cancelled by the operator"));
        return CancelMoveReply.newBuilder()
                .setCancelled(true)
                .setText("asked move " + id + " of " + move.service() + " to end")
                .build();
    }

    /** Whether this agent leads {@code id} just now. */
    public boolean leads(MoveId id) {
        return outgoing.containsKey(id);
    }

    /** Whether this agent receives {@code id} just now. */
    public boolean receives(MoveId id) {
        return incoming.containsKey(id) || preparing.contains(id);
    }

    /** The target's part of PrepareMove. */
    public void prepare(PrepareMoveRequest request) {
        MoveId id = new MoveId(request.getMoveId());
        preparing.add(id); // before anything of it can be seen here, or the resolver would take it for a leftover
        try {
            prepare(id, request);
        } finally {
            preparing.remove(id);
        }
    }

    private void prepare(MoveId id, PrepareMoveRequest request) {
        ServiceName service = new ServiceName(request.getService());
        EmptyCapsule empty;
        ImageDirectory images;
        try {
            empty = context.capsules()
                    .prepare(
                            SpecMessages.fromMessage(request.getSpec()),
                            new Epoch(request.getEpoch()),
                            request.getBasePid(),
                            id.value());
        } catch (IOException e) {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION, "cannot prepare " + service + " here: " + e.getMessage(), e);
        }
        try {
            context.volumes().promise(empty.spec());
        } catch (IOException e) {
            discardQuietly(empty);
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "the volumes of " + service + " cannot come here: " + e.getMessage(),
                    e);
        }
        try {
            images = ImageDirectory.create(
                    context.imageRoot(), id, request.getMemoryBytes() + ImageDirectory.METADATA_BYTES_MAX);
        } catch (IOException e) {
            discardQuietly(empty);
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION, "cannot make room for " + service + ": " + e.getMessage(), e);
        }
        PageStore store = null;
        LazyFill fill = null;
        if (request.getPageStore()) {
            long memory = request.getMemoryBytes();
            store = new PageStore(service.value(), memory + memory / 2 + STORE_ROOM);
            try {
                fill = context.fills().prepare(service, store);
            } catch (IOException e) {
                images.remove();
                discardQuietly(empty);
                throw new ApiException(
                        Status.Code.FAILED_PRECONDITION,
                        "cannot keep the memory of " + service + " here: " + e.getMessage(),
                        e);
            }
        }
        TargetMove move = new TargetMove(
                context,
                id,
                service,
                new NodeId(request.getFrom()),
                empty,
                images,
                Path.of(request.getLogPath()),
                store,
                fill,
                ended -> incoming.remove(ended.id()));
        incoming.put(id, move);
        move.begin();
    }

    /** The target's part of FollowMove: {@code follower} hears everything from the start. */
    public void follow(MoveId id, Consumer<TargetUpdate> follower) {
        target(id).follow(follower);
    }

    /** The target's part of DivertFrames. */
    public void divert(MoveId id) {
        target(id).divertFrames();
    }

    /** The target's part of TakeVolumes. */
    public void takeVolumes(MoveId id) {
        try {
            target(id).takeVolumes();
        } catch (IOException e) {
            throw new ApiException(Status.Code.FAILED_PRECONDITION, String.valueOf(e.getMessage()), e);
        }
    }

    /** The source's part of SendRemainder. */
    public StreamObserver<RemainderRequest> sendRemainder(
            String caller, ServerCallStreamObserver<RemainderPages> reply) {
        return new RemainderSource(context, caller, reply);
    }

    /** The target's part of DiscardMove. */
    public void discard(MoveId id, String reason) {
        Optional.ofNullable(incoming.get(id)).ifPresent(move -> move.discard(reason));
    }

    @Override
    public ImageSink accept(MoveTicket ticket, String peerCertificateName) throws TicketRefusedException {
        TargetMove move = incoming.get(new MoveId(ticket.moveId()));
        if (move == null || !move.source().value().equals(peerCertificateName)) {
            throw new TicketRefusedException("node " + context.self() + " expects no move " + ticket.moveId() + " of "
                    + ticket.service() + " from " + peerCertificateName);
        }
        try {
            return move.receive();
        } catch (IOException e) {
            throw new TicketRefusedException(String.valueOf(e.getMessage()));
        }
    }

    private TargetMove target(MoveId id) {
        TargetMove move = incoming.get(id);
        if (move == null) {
            throw new ApiException(Status.Code.NOT_FOUND, "node " + context.self() + " receives no move " + id);
        }
        return move;
    }

    private void logChanged() {
        for (SourceMove move : outgoing.values()) {
            context.log().latestKnown().move(move.id()).ifPresent(move::logSays);
        }
    }

    private static void discardQuietly(EmptyCapsule empty) {
        try {
            empty.discard();
        } catch (IOException e) {
            LOG.error("an empty capsule could not be removed; the resolver will try again: {}", e.getMessage());
        }
    }
}
