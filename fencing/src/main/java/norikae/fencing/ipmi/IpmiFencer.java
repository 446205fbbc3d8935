package norikae.fencing.ipmi;

import java.io.IOException;
import java.time.Duration;
import norikae.failover.fencing.Fencer;
import norikae.failover.fencing.FencingResult;
import norikae.failover.fencing.FencingResult.Confirmed;
import norikae.failover.fencing.FencingResult.Unproven;
import norikae.failover.fencing.ProofKind;
import norikae.fencing.device.Deadline;
import norikae.fencing.device.Secret;
import norikae.fencing.ipmi.IpmiSettings.Method;
import org.jspecify.annotations.Nullable;

/**
 * Switches a server off by its BMC, and asks until the BMC says that it is off. A session that breaks down is opened
 * again; a refusal ends the attempt, because repeated ones may lock the account.
 */
final class IpmiFencer implements Fencer {

    private static final Duration LOOK_AGAIN = Duration.ofMillis(50); // a cycle may be off for less than a second
    private static final Duration ORDER_AGAIN = Duration.ofSeconds(5); // some BMCs forget an order while they are busy
    /** Long enough for a cycle to be over, and no multiple of the second by which a BMC may count, and be off too shortly. */
    private static final Duration CYCLE_AGAIN = Duration.ofMillis(7300);

    private static final Duration TRY_AGAIN = Duration.ofMillis(300);

    /** A dump may have half of the time; the other half is for switching off, without which nothing is proved. */
    private static final int DUMP_SHARE = 2;

    private final IpmiSettings settings;
    private final Secret password;

    IpmiFencer(IpmiSettings settings, Secret password) {
        this.settings = settings;
        this.password = password;
    }

    @Override
    public String description() {
        return settings.place();
    }

    @Override
    public FencingResult stop(Duration patience) throws InterruptedException {
        Deadline deadline = Deadline.after(patience);
        Attempt attempt = new Attempt(deadline, patience);
        String why = "no time was given";
        while (!deadline.isOver()) {
            try (IpmiChassis chassis = IpmiChassis.open(settings, password, deadline)) {
                return attempt.stop(chassis);
            } catch (IpmiRefusedException e) {
                return new Unproven(description() + ": " + e.getMessage() + attempt.diagnosis());
            } catch (IOException e) {
                why = e.getMessage();
            }
            deadline.pause(TRY_AGAIN);
        }
        return new Unproven(description() + ": " + why + " within " + deadline.patienceText() + attempt.diagnosis());
    }

    @Override
    public Readiness check(Duration patience) throws InterruptedException {
        Deadline deadline = Deadline.after(patience);
        try (IpmiChassis chassis = IpmiChassis.open(settings, password, deadline)) {
            return new Readiness(true, description() + ": " + chassis.status(deadline));
        } catch (IOException e) {
            return new Readiness(false, description() + ": " + e.getMessage());
        }
    }

    /** What is remembered from one session to the next: orders that must not be given twice. */
    private final class Attempt {

        private final Deadline deadline;
        private final Duration patience;
        private boolean interrupted;
        private boolean cycled;
        private Deadline cycleOrdered = Deadline.after(Duration.ZERO);
        private @Nullable String diagnosis;

        Attempt(Deadline deadline, Duration patience) {
            this.deadline = deadline;
            this.patience = patience;
        }

        FencingResult stop(IpmiChassis chassis) throws IOException, InterruptedException {
            if (!chassis.status(deadline).powerOn()) {
                return confirmed(cycled ? "power off seen during the cycle" : "power was off already");
            }
            if (settings.crashDumpSeconds() > 0 && !interrupted && letDump(chassis)) {
                return confirmed("power off after the diagnostic interrupt");
            }
            return settings.method() == Method.CYCLE ? cycle(chassis) : off(chassis);
        }

        private FencingResult off(IpmiChassis chassis) throws IOException, InterruptedException {
            while (!deadline.isOver()) {
                chassis.control(ChassisControl.POWER_DOWN, deadline);
                if (awaitOff(chassis, Deadline.after(shorter(ORDER_AGAIN, deadline.left())))) {
                    return confirmed("power off");
                }
            }
            return new Unproven(description() + ": the BMC took the order, but after " + deadline.patienceText()
                    + " still says power on" + diagnosis());
        }

        private FencingResult cycle(IpmiChassis chassis) throws IOException, InterruptedException {
            while (!deadline.isOver()) {
                if (cycleOrdered.isOver()) {
                    cycled = true; // before the order: if its answer is lost, it may have been obeyed
                    cycleOrdered = Deadline.after(CYCLE_AGAIN);
                    chassis.control(ChassisControl.POWER_CYCLE, deadline);
                }
                if (awaitOff(chassis, cycleOrdered)) {
                    return confirmed("power off seen during the cycle");
                }
            }
            return new Unproven(description() + ": a power cycle was ordered, but the server was never seen off within "
                    + deadline.patienceText() + "; method off gives a proof that lasts" + diagnosis());
        }

        private boolean letDump(IpmiChassis chassis) throws IOException, InterruptedException {
            interrupted = true;
            try {
                chassis.control(ChassisControl.DIAGNOSTIC_INTERRUPT, deadline);
            } catch (IpmiRefusedException e) {
                diagnosis = "no crash dump: " + e.getMessage();
                return false;
            }
            diagnosis = "diagnostic interrupt sent";
            return awaitOff(chassis, Deadline.after(shorter(settings.crashDumpTime(), patience.dividedBy(DUMP_SHARE))));
        }

        private boolean awaitOff(IpmiChassis chassis, Deadline until) throws IOException, InterruptedException {
            do {
                if (!chassis.status(deadline).powerOn()) {
                    return true;
                }
                until.pause(LOOK_AGAIN);
            } while (!until.isOver() && !deadline.isOver());
            return false;
        }

        private Confirmed confirmed(String how) {
            return new Confirmed(ProofKind.CONFIRMED_OFF, description() + ": " + how + diagnosis());
        }

        String diagnosis() {
            return diagnosis == null ? "" : " (" + diagnosis + ")";
        }
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
