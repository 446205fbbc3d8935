package norikae.failover.model;

import java.util.SortedMap;

/**
 * One line of {@code norikae events}.
 *
 * @param sequence grows by one with each event
 * @param kind a stable word for programs, such as {@code move-committed}
 * @param subject the node or service that it is about
 * @param details figures for programs and for {@code --json}, such as {@code freezeMicros}
 */
public record ClusterEvent(
        long sequence, long atMillis, String kind, String subject, String text, SortedMap<String, String> details) {}
