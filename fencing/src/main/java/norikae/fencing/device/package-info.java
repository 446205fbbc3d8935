/** What the settings of every kind of fencing device share: how one is opened, secrets, time that runs out. */
@NullMarked
package norikae.fencing.device;

import org.jspecify.annotations.NullMarked;
