package norikae.fencing.ipmi;

/**
 * The answer to Get Chassis Status; immutable.
 *
 * @param powerOn whether the server has power
 * @param powerFault whether the BMC sees a fault of the power, or of its control
 */
public record ChassisStatus(boolean powerOn, boolean powerFault) {

    private static final int LENGTH_MIN = 3;
    private static final int POWER_ON = 0x01;
    private static final int FAULTS = 0x08 | 0x10;

    static ChassisStatus decode(byte[] data) throws MalformedPacketException {
        if (data.length < LENGTH_MIN) {
            throw new MalformedPacketException("a chassis status of " + data.length + " bytes");
        }
        return new ChassisStatus((data[0] & POWER_ON) != 0, (data[0] & FAULTS) != 0);
    }

    @Override
    public String toString() {
        return (powerOn ? "power on" : "power off") + (powerFault ? ", with a power fault" : "");
    }
}
