/**
 * A process's memory in motion: which pages must travel while it runs, where they wait, and how they come back to it.
 *
 * <pre>
 *   source                                            target
 *     TrackedSpace  – what was written, per process     PageStore – pages by process and address
 *     MemorySender  – rounds over the whole tree   ──►  LazyFill  – puts them into the rebuilt processes,
 *     Convergence   – when is it little enough?                     what they wait for first
 * </pre>
 */
@NullMarked
package norikae.transfer.memory;

import org.jspecify.annotations.NullMarked;
