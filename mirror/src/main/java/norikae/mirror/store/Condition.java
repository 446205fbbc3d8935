package norikae.mirror.store;

/** What the blocks of one copy of a volume are worth. */
public enum Condition {
    /** Nothing was ever written: all zeros, and every copy may become equal to it or be copied over it. */
    FRESH,
    /** A state of the volume that existed at some moment. */
    CONSISTENT,
    /** In the middle of a resync: partly old, partly new, of use to nobody until that has ended. */
    RESYNCING
}
