/**
 * Documents that people write, read so that every mistake is named with its place, and all of them at once.
 *
 * <p>{@link norikae.agent.document.YamlDocuments} and {@link norikae.agent.document.JsonDocuments} turn text into the
 * same small tree of {@link norikae.agent.document.DocumentNode}s, each with its line and column.
 * {@link norikae.agent.document.Fields} takes typed values out of a mapping; what does not fit is noted in
 * {@link norikae.agent.document.Problems}, and only the end of reading throws. Nothing here knows what a spec or a
 * configuration is.
 */
@NullMarked
package norikae.agent.document;

import org.jspecify.annotations.NullMarked;
