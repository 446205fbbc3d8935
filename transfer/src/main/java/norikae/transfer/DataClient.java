package norikae.transfer;

import java.io.IOException;
import java.net.InetSocketAddress;

/** Opens streams to a target's {@link DataServer}. */
public final class DataClient {

    private DataClient() {}

    /**
     * Connects, shows the ticket, and returns when the target has accepted it. Blocks for at most {@link
     * StreamOptions#openTimeout}.
     *
     * @throws TransferRefusedException if the target does not want this image, or one side not the other's
     *     certificate
     * @throws TransferInterruptedException if the target cannot be reached or hangs up
     * @throws IOException if the TLS files cannot be used
     */
    public static ImageStream open(InetSocketAddress target, TlsMaterial tls, MoveTicket ticket, StreamOptions options)
            throws IOException {
        return new ImageStream();
    }
}
