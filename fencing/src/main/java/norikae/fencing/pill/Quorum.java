package norikae.fencing.pill;

/** How many of a server's pill disks are enough, as sbd counts: whoever writes and whoever reads always share one. */
final class Quorum {

    private Quorum() {}

    static boolean ofWriters(int disks, int of) {
        return disks > of / 2;
    }

    /** With two disks a writer needs both, so a reader needs only one. */
    static boolean ofReaders(int disks, int of) {
        return of > 2 ? disks > of / 2 : disks > 0;
    }
}
