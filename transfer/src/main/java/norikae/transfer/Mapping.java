package norikae.transfer;

import norikae.transfer.wire.Frame;
import norikae.transfer.wire.RefusalCode;
import norikae.transfer.wire.SpaceKind;
import norikae.transfer.wire.Totals;

/** Between this package's terms and the wire's, which does not know them. */
final class Mapping {

    private Mapping() {}

    static SpaceKind toWire(PageSpace.Kind kind) {
        return switch (kind) {
            case TASK -> SpaceKind.TASK;
            case SHARED_MEMORY -> SpaceKind.SHARED_MEMORY;
            case STORED -> SpaceKind.STORED;
        };
    }

    static PageSpace fromWire(SpaceKind kind, long id) {
        return switch (kind) {
            case TASK -> PageSpace.task(id);
            case SHARED_MEMORY -> PageSpace.sharedMemory(id);
            case STORED -> PageSpace.stored(id);
        };
    }

    static Frame.Hello toWire(MoveTicket ticket) {
        return new Frame.Hello(ticket.moveId(), ticket.service(), ticket.epoch(), ticket.sourceNode());
    }

    static MoveTicket fromWire(Frame.Hello hello) {
        return new MoveTicket(hello.moveId(), hello.service(), hello.epoch(), hello.sourceNode());
    }

    static ImageSummary fromWire(Totals totals) {
        return new ImageSummary(totals.files(), totals.fileBytes(), totals.pageBytes(), totals.crc32c());
    }

    static TransferRefusedException.Refusal fromWire(RefusalCode code) {
        return switch (code) {
            case TICKET -> TransferRefusedException.Refusal.TICKET;
            case TICKET_IN_USE -> TransferRefusedException.Refusal.TICKET_IN_USE;
        };
    }
}
