package norikae.fencing.ipmi;

/** Orders of Chassis Control. */
public enum ChassisControl {
    POWER_DOWN(0),
    POWER_UP(1),
    /** Off for at least a second, then on; refused while off. */
    POWER_CYCLE(2),
    HARD_RESET(3),
    /** An NMI, at which a kernel panics that is set up to ({@code kernel.unknown_nmi_panic}), to leave a crash dump. */
    DIAGNOSTIC_INTERRUPT(4);

    final int code;

    ChassisControl(int code) {
        this.code = code;
    }
}
