/**
 * A bank to move about: a stock Java service, the client that watches it, and a keeper of time. Nothing here knows of
 * Norikae, and nothing but the JDK (17 or newer) is needed to run it.
 *
 * <ul>
 *   <li>{@link ledger.LedgerServer} keeps accounts and answers many connections from one thread
 *       ({@link ledger.LineServer}); the money itself is in {@link ledger.Bank}, and {@link ledger.Ballast} gives the
 *       process the memory size and the write rate that an experiment asks for.
 *   <li>{@link ledger.LedgerClient} holds many connections, checks every answer ({@link ledger.Conversation}) and
 *       measures the longest gaps ({@link ledger.Meter}).
 *   <li>{@link ledger.TimeKeeper} notices when clocks, timers or sleeps lose their pace.
 *   <li>{@link ledger.Main} is the way in: {@code java -jar norikae-ledger.jar server|client|timekeeper}.
 * </ul>
 *
 * <h2>The line protocol</h2>
 *
 * UTF-8, one request a line, one reply line to each, in order; lines end with LF (CR before it is ignored); a request
 * line is at most {@value ledger.LineServer#MAX_LINE_BYTES} bytes. Names are 1 to {@value ledger.Bank#MAX_NAME_LENGTH}
 * characters without spaces, amounts whole numbers.
 *
 * <pre>
 * PING                                  OK pong
 * OPEN account amount                   OK account balance
 * BALANCE account                       OK account balance
 * TRANSFER client seq from to amount    OK client seq globalSeq balanceFrom balanceTo
 *                                       DENIED client seq balanceFrom       (not enough money; seq is used up)
 *                                       AGAIN client seq                    (seq was answered before; nothing is done)
 *                                       ERR sequence client=C expected=E got=G
 * AUDIT [clientPrefix]                  OK sum=.. deposited=.. accounts=.. transfers=.. denied=.. duplicates=..
 *                                          clients=NAME:lastSeq:applied,..    ("-" for none)
 * INFO                                  OK pid=.. uptimeNanos=.. uptimeWallMillis=.. wallMillis=.. ticks=..
 *                                          tickMillis=.. heapUsed=.. heapMax=.. connections=.. transfers=..
 *                                          ballast=.. rewritten=..
 * BALLAST                               OK bytes=.. chunks=.. rewritten=.. faults=..   (reads and checks all of it)
 * HELP                                  OK and the list of commands
 * anything else                         ERR what is wrong
 * </pre>
 *
 * A client numbers its transfers 1, 2, 3, … A transfer is done once, however often it is sent: the bank keeps each
 * client's last number and how many transfers it did for it, so that whoever asks {@code AUDIT} can tell what was lost
 * and what was doubled. {@code sum} must always equal {@code deposited}.
 */
@NullMarked
package ledger;

import org.jspecify.annotations.NullMarked;
