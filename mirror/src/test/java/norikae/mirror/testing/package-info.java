/** What the tests of this module share. */
@NullMarked
package norikae.mirror.testing;

import org.jspecify.annotations.NullMarked;
