package norikae.fencing.ipmi;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import norikae.fencing.device.Deadline;
import norikae.fencing.device.Secret;

/**
 * The power switch of one server, reached through a session with its BMC. Confined to one thread; to be closed, because a
 * BMC has only a handful of sessions.
 */
public final class IpmiChassis implements AutoCloseable {

    private static final int GET_CHASSIS_STATUS = 0x01;
    private static final int CHASSIS_CONTROL = 0x02;

    private final IpmiSession session;

    private IpmiChassis(IpmiSession session) {
        this.session = session;
    }

    /**
     * Opens a session.
     *
     * @param home against which the settings' passwordFile is read
     * @throws IpmiRefusedException if the BMC refuses us, or does not know the password
     * @throws IOException if it does not answer in time
     */
    public static IpmiChassis open(IpmiSettings settings, Path home, Duration patience)
            throws IOException, InterruptedException {
        Secret password = Secret.resolve(settings.password(), settings.passwordFile(), home, settings.place());
        return open(settings, password, Deadline.after(patience));
    }

    static IpmiChassis open(IpmiSettings settings, Secret password, Deadline deadline)
            throws IOException, InterruptedException {
        Account account = new Account(
                settings.username(), password, CipherSuite.of(settings.cipherSuite()), settings.privilege());
        return new IpmiChassis(IpmiSession.open(settings.host(), settings.port(), account, deadline));
    }

    public ChassisStatus status(Duration patience) throws IOException, InterruptedException {
        return status(Deadline.after(patience));
    }

    ChassisStatus status(Deadline deadline) throws IOException, InterruptedException {
        return ChassisStatus.decode(session.order(
                "Get Chassis Status", IpmiMessage.NETFN_CHASSIS, GET_CHASSIS_STATUS, new byte[0], deadline));
    }

    /** Gives an order. That it was taken does not mean that it is done: {@link #status} tells. */
    public void control(ChassisControl order, Duration patience) throws IOException, InterruptedException {
        control(order, Deadline.after(patience));
    }

    void control(ChassisControl order, Deadline deadline) throws IOException, InterruptedException {
        byte[] _ = session.order(
                "Chassis Control " + order,
                IpmiMessage.NETFN_CHASSIS,
                CHASSIS_CONTROL,
                new byte[] {(byte) order.code},
                deadline);
    }

    @Override
    public void close() {
        session.close();
    }
}
