package norikae.fencing.redfish;

import java.io.IOException;
import java.time.Duration;
import java.util.TreeSet;
import javax.net.ssl.SSLContext;
import norikae.failover.fencing.Fencer;
import norikae.failover.fencing.FencingResult;
import norikae.failover.fencing.FencingResult.Confirmed;
import norikae.failover.fencing.FencingResult.Unproven;
import norikae.failover.fencing.ProofKind;
import norikae.fencing.device.Deadline;
import norikae.fencing.device.Secret;

/** Orders {@code ForceOff}, and asks until the BMC says that the power state is Off. */
final class RedfishFencer implements Fencer {

    private static final String FORCE_OFF = "ForceOff";
    private static final int CONFLICT = 409;

    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);
    private static final Duration ORDER_AGAIN = Duration.ofSeconds(10);

    private final RedfishSettings settings;
    private final Secret password;
    private final SSLContext tls;

    RedfishFencer(RedfishSettings settings, Secret password, SSLContext tls) {
        this.settings = settings;
        this.password = password;
        this.tls = tls;
    }

    @Override
    public String description() {
        return "redfish " + settings.url() + (settings.system() == null ? "" : " system " + settings.system());
    }

    @Override
    public FencingResult stop(Duration patience) throws InterruptedException {
        Deadline deadline = Deadline.after(patience);
        String why = "no time was given";
        try (RedfishClient client = new RedfishClient(settings, password, tls, patience)) {
            Attempt attempt = new Attempt(client, deadline);
            while (!deadline.isOver()) {
                try {
                    if (attempt.isOff()) {
                        return new Confirmed(
                                ProofKind.CONFIRMED_OFF,
                                description() + ": PowerState Off" + (attempt.ordered ? "" : " already"));
                    }
                    why = attempt.state();
                } catch (RedfishException e) {
                    return new Unproven(description() + ": " + e.getMessage());
                } catch (IOException e) {
                    why = e.getMessage();
                }
                deadline.pause(LOOK_AGAIN);
            }
        }
        return new Unproven(description() + ": " + why + " within " + deadline.patienceText());
    }

    @Override
    public Readiness check(Duration patience) throws InterruptedException {
        Deadline deadline = Deadline.after(patience);
        try (RedfishClient client = new RedfishClient(settings, password, tls, patience)) {
            String path = ComputerSystem.find(client, settings.system(), deadline);
            ComputerSystem system = ComputerSystem.read(client, path, deadline);
            return system.allows(FORCE_OFF)
                    ? new Readiness(true, description() + ": PowerState " + system.powerState())
                    : new Readiness(false, description() + ": " + notAllowed(system));
        } catch (IOException e) {
            return new Readiness(false, description() + ": " + e.getMessage());
        }
    }

    private static String notAllowed(ComputerSystem system) {
        return "the BMC does not allow " + FORCE_OFF + ", only " + String.join(", ", new TreeSet<>(system.resetTypes()))
                + ": use another device";
    }

    /** Looks, orders if need be, and looks again; one call of {@link #isOff} is one look. */
    private final class Attempt {

        private final RedfishClient client;
        private final Deadline deadline;
        private String path = "";
        private String seen = "";
        private boolean ordered;
        private Deadline orderAgain = Deadline.after(Duration.ZERO);

        Attempt(RedfishClient client, Deadline deadline) {
            this.client = client;
            this.deadline = deadline;
        }

        boolean isOff() throws IOException, InterruptedException {
            if (path.isEmpty()) {
                path = ComputerSystem.find(client, settings.system(), deadline);
            }
            ComputerSystem system = ComputerSystem.read(client, path, deadline);
            seen = system.powerState();
            if (system.isOff()) {
                return true;
            }
            if (!system.allows(FORCE_OFF)) {
                throw new RedfishException(notAllowed(system));
            }
            if (orderAgain.isOver()) {
                // 409 means that it does not suit the present state: it may be going off, or still coming on.
                int status = client.post(system.resetTarget(), "{\"ResetType\":\"" + FORCE_OFF + "\"}", deadline);
                orderAgain = Deadline.after(status == CONFLICT ? LOOK_AGAIN : ORDER_AGAIN);
                ordered = true;
            }
            return false;
        }

        String state() {
            return "PowerState was still " + seen;
        }
    }
}
