package norikae.fencing.self;

/** Whether a server runs services under a watchdog. */
public enum WatchdogMode {
    /** Never; no proof that rests on elapsed watchdog time may be believed of this server. */
    OFF,
    /** Where there is one that will do; the agent says whether it found one. */
    IF_AVAILABLE,
    /** Without one the agent does not start. */
    REQUIRED
}
