package norikae.linux;

/**
 * IP sockets that no table under {@code /proc/net} lists because they have neither a port nor a peer: new ones, and TCP
 * sockets whose connection was reset and which their program has not closed yet. Thread-safe.
 */
public final class IdleSocket {

    private static final int TCP_INFO = 11;
    private static final int TCP_INFO_STATE_MASK = 0xff; // the first byte of struct tcp_info
    private static final int TCP_CLOSE = 7;

    private IdleSocket() {}

    /**
     * Whether descriptor {@code number} of a process is one.
     *
     * @throws LinuxException ESRCH or EBADF if process or descriptor are gone
     */
    public static boolean is(int pid, int number) throws LinuxException {
        try (PidFd process = PidFd.open(pid);
                OwnedFd socket = process.getFd(number)) {
            if (SocketOptions.is(socket, SocketOptions.IPPROTO_TCP)) {
                int info = SocketOptions.get(socket, SocketOptions.IPPROTO_TCP, TCP_INFO);
                return (info & TCP_INFO_STATE_MASK) == TCP_CLOSE;
            }
            return SocketOptions.is(socket, SocketOptions.IPPROTO_UDP);
        }
    }
}
