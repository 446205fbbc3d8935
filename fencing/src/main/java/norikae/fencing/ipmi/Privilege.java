package norikae.fencing.ipmi;

/** What a session may do; switching power needs {@link #OPERATOR}. */
public enum Privilege {
    OPERATOR(3),
    ADMINISTRATOR(4);

    final int level;

    Privilege(int level) {
        this.level = level;
    }
}
