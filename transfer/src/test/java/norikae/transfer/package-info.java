/** Tests of streams between real ports on loopback; {@link norikae.transfer.TestPki} makes the certificates. */
@NullMarked
package norikae.transfer;

import org.jspecify.annotations.NullMarked;
