package norikae.agent.server;

import com.linecorp.armeria.server.ServiceRequestContext;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import norikae.agent.api.v1.Event;
import norikae.agent.api.v1.ListEventsRequest;
import norikae.agent.peer.ApiException;
import norikae.agent.peer.LogWriter;
import norikae.failover.model.ClusterEvent;
import norikae.failover.model.ClusterState;

/** What {@code norikae events} shows. Thread-safe. */
final class EventFeed {

    private static final int LIMIT_DEFAULT = 50;
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    private final LogWriter log;
    private final Changes changes;

    EventFeed(LogWriter log, Changes changes) {
        this.log = log;
        this.changes = changes;
    }

    void list(ListEventsRequest request, ServiceRequestContext call, Consumer<Event> listener) {
        int limit = request.getLimit() == 0 ? LIMIT_DEFAULT : Math.min(request.getLimit(), ClusterState.EVENTS_MAX);
        long seenVersion = changes.version();
        List<ClusterEvent> old = matching(read(), request, 0);
        long last = 0;
        for (ClusterEvent event : old.subList(Math.max(0, old.size() - limit), old.size())) {
            listener.accept(message(event));
        }
        if (!old.isEmpty()) {
            last = old.getLast().sequence();
        }
        while (request.getFollow() && !call.isCancelled()) {
            try {
                seenVersion = changes.awaitAfter(seenVersion, LOOK_AGAIN);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            for (ClusterEvent event : matching(log.log().latestKnown(), request, last)) {
                listener.accept(message(event));
                last = event.sequence();
            }
        }
    }

    private ClusterState read() {
        try {
            return log.read();
        } catch (ApiException e) {
            return log.log().latestKnown();
        }
    }

    private static List<ClusterEvent> matching(ClusterState state, ListEventsRequest request, long after) {
        return state.events().stream()
                .filter(e -> e.sequence() > after)
                .filter(e -> request.getSubject().isEmpty() || e.subject().equals(request.getSubject()))
                .toList();
    }

    private static Event message(ClusterEvent event) {
        return Event.newBuilder()
                .setSequence(event.sequence())
                .setAtMillis(event.atMillis())
                .setKind(event.kind())
                .setSubject(event.subject())
                .setText(event.text())
                .putAllDetails(event.details())
                .build();
    }
}
