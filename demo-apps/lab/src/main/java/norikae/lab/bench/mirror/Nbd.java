package norikae.lab.bench.mirror;

import norikae.lab.LabNode;

/** How disks are named to NBD clients: every export here has the same name. */
final class Nbd {

    static final String EXPORT = MirrorHost.EXPORT;

    private Nbd() {}

    /** Of a server at a socket of that name on the client's own host. */
    static String uri(String socket) {
        return "nbd+unix:///" + EXPORT + "?socket=" + Hosts.path(socket);
    }

    static String uri(LabNode host, int port) {
        return "nbd://" + host.address() + ":" + port + "/" + EXPORT;
    }
}
