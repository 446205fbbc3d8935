package norikae.agent.volume;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.BiConsumer;
import norikae.failover.model.NodeId;
import norikae.failover.model.Volume;
import norikae.mirror.primary.PrimaryVolume;
import norikae.mirror.primary.ReplicaStatus;
import norikae.mirror.state.Reconciliation;
import norikae.mirror.store.Generation;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of copies that a primary refuses, as far as the log can tell without an operator. A server that dies may leave
 * writes that nobody acknowledged: its copy is refused when it returns, for the mirror sees only that each side has writes which
 * the other lacks. The log knows whether every copy that was promoted since had all acknowledged writes; then nothing is lost with
 * the others. Confined to the keeper's thread.
 */
final class RefusedCopies {

    /** After it was asked for, a connection takes a while. */
    private static final Duration ASK_AGAIN = Duration.ofSeconds(5);

    private record Key(UUID volume, NodeId node) {}

    private record Asked(@Nullable UUID discard, long nanos) {}

    private final BiConsumer<Volume, String> events;
    private final Map<Key, Asked> asked = new HashMap<>();

    /** @param events is told of each discard once, for people */
    RefusedCopies(BiConsumer<Volume, String> events) {
        this.events = events;
    }

    /** Joins again what may be joined. */
    void look(Volume volume, PrimaryVolume open, long nowNanos) {
        for (ReplicaStatus replica : open.status()) {
            Key key = new Key(volume.id(), replica.node());
            Reconciliation.Refusal refusal = replica.refusal();
            if (refusal == null) {
                continue;
            }
            Generation unknown = refusal.unknown();
            UUID choice = unknown != null && volume.mayDiscardWritesOf(unknown.epoch()) ? unknown.id() : null;
            // A copy that was away while its volume grew is as large as the others as soon as its node has read the
            // log.
            if (choice == null && refusal.code() != Reconciliation.Code.SIZE) {
                continue;
            }
            Asked before = asked.get(key);
            boolean again = before != null && Objects.equals(before.discard(), choice);
            if (before != null && again && nowNanos - before.nanos() < ASK_AGAIN.toNanos()) {
                continue;
            }
            asked.put(key, new Asked(choice, nowNanos));
            if (choice != null && !again) {
                events.accept(
                        volume,
                        "the copy of volume " + volume.name() + " on " + replica.node() + " has writes of generation "
                                + unknown
                                + " that no promoted copy has, so none of them was acknowledged: they are discarded");
            }
            open.resync(replica.node(), choice);
        }
    }
}
