package norikae.fencing.pill;

/** A slot that belongs to a server; immutable. */
public record PillSlot(int number, String node) {}
