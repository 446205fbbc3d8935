@NullMarked
package norikae.lab;

import org.jspecify.annotations.NullMarked;
