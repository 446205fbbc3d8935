package norikae.agent.move;

import io.grpc.Status;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import norikae.agent.peer.ApiException;
import norikae.failover.model.ServiceName;

/** At most one thing is done with a service at a time on a node: start, stop, move or resolve. Thread-safe. */
public final class ServiceActivities {

    private final Map<ServiceName, String> busy = new ConcurrentHashMap<>();

    /** Something that is being done with a service; closing it lets the next one begin. */
    public interface Activity extends AutoCloseable {
        @Override
        void close();
    }

    /** @throws ApiException FAILED_PRECONDITION saying what else is being done */
    public Activity begin(ServiceName service, String what) {
        String other = busy.putIfAbsent(service, what);
        if (other != null) {
            throw new ApiException(
                    Status.Code.FAILED_PRECONDITION,
                    "service " + service + " is busy (" + other + "): wait for that to end");
        }
        return () -> busy.remove(service, what);
    }

    public boolean isBusy(ServiceName service) {
        return busy.containsKey(service);
    }
}
