/** What a user would notice, on whole clusters in the laboratory. */
@NullMarked
package norikae.systemtest;

import org.jspecify.annotations.NullMarked;
