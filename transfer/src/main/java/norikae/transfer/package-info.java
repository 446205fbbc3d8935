/**
 * Bytes in motion: one process image, sent from one node to another over mutual TLS, in bounded memory.
 *
 * <p>This package knows nothing of clusters, moves or CRIU. The source opens an {@link
 * norikae.transfer.ImageStream} with {@link norikae.transfer.DataClient}, puts memory pages and small files
 * into it, and asks for a receipt. The target runs one {@link norikae.transfer.DataServer}; its {@link
 * norikae.transfer.TicketCheck} decides who may send what, and hands out the {@link
 * norikae.transfer.ImageSink} into which everything falls, in the order in which it was sent.
 *
 * <p>A stream ends in exactly one way: both sides hold the same {@link norikae.transfer.ImageSummary}, or
 * both learn why not ({@link norikae.transfer.TransferException} at the source, {@link
 * norikae.transfer.ImageSink#failed} at the target).
 *
 * <p>What travels is described in {@link norikae.transfer.wire}. Several streams per image, rounds of dirty
 * pages, and the target's page store attach here: a stream is one connection of one ticket, and a sink does
 * not care in how many rounds a page came, the last one wins.
 */
@NullMarked
package norikae.transfer;

import org.jspecify.annotations.NullMarked;
