package norikae.failover.log.ratis;

import java.nio.file.Path;

/**
 * What this member shows and whom it trusts, as PEM files.
 *
 * @param certificate its own certificate, of the role node
 * @param key its private key, PKCS #8
 * @param authority the cluster's authority; also names the log: the log's identity is derived from its public key
 */
public record TlsFiles(Path certificate, Path key, Path authority) {}
