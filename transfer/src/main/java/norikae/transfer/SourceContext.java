package norikae.transfer;

import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicLong;
import norikae.transfer.TransferRefusedException.Refusal;
import org.jspecify.annotations.Nullable;

/** Which stream this is and how far it got, for whoever must say so in an error. Thread-safe. */
final class SourceContext {

    final AtomicLong rawBytes = new AtomicLong();
    final AtomicLong wireBytes = new AtomicLong();
    final AtomicLong zeroPages = new AtomicLong();

    private final MoveTicket ticket;
    private final InetSocketAddress target;
    private volatile @Nullable String peerName;

    SourceContext(MoveTicket ticket, InetSocketAddress target) {
        this.ticket = ticket;
        this.target = target;
    }

    MoveTicket ticket() {
        return ticket;
    }

    void peerName(String name) {
        peerName = name;
    }

    TransferInterruptedException interrupted(String what, @Nullable Throwable cause) {
        return new TransferInterruptedException(what, place(), cause);
    }

    TransferRefusedException refused(Refusal refusal, String message, @Nullable Throwable cause) {
        return new TransferRefusedException(refusal, message, place(), cause);
    }

    TransferFailedException failed(String reason) {
        return new TransferFailedException(reason, place());
    }

    TransferAbortedException aborted(String reason) {
        return new TransferAbortedException(reason, place());
    }

    private StreamPlace place() {
        String name = peerName;
        String address = target.getHostString() + ":" + target.getPort();
        return new StreamPlace(ticket.moveId(), name == null ? address : name + "@" + address, wireBytes.get());
    }
}
