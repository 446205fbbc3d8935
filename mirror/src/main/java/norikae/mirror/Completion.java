package norikae.mirror;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Told once how a request ended, on any thread; it must not block there. */
@FunctionalInterface
public interface Completion {

    /** @param failure why the request failed; null if all that was promised for it holds */
    void done(@Nullable IOException failure);
}
