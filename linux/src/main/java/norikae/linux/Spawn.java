package norikae.linux;

import static norikae.linux.Downcalls.INT;
import static norikae.linux.Downcalls.POINTER;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Starts programs with exactly the descriptors that they are to have; posix_spawn(3). Not thread-safe; one object per
 * process.
 *
 * <p>{@link ProcessBuilder} cannot hand descriptors on, and its reaper thread steals the stops of traced children.
 */
public final class Spawn {

    private static final MethodHandle ACTIONS_INIT = action("posix_spawn_file_actions_init");
    private static final MethodHandle ACTIONS_DESTROY = action("posix_spawn_file_actions_destroy");
    private static final MethodHandle ADD_DUP2 = action("posix_spawn_file_actions_adddup2", INT, INT);
    private static final MethodHandle ADD_OPEN = action("posix_spawn_file_actions_addopen", INT, POINTER, INT, INT);
    private static final MethodHandle ADD_CLOSE = action("posix_spawn_file_actions_addclose", INT);
    private static final MethodHandle ADD_CLOSEFROM = action("posix_spawn_file_actions_addclosefrom_np", INT);
    private static final MethodHandle ADD_CHDIR = action("posix_spawn_file_actions_addchdir_np", POINTER);
    private static final MethodHandle ATTR_INIT = action("posix_spawnattr_init");
    private static final MethodHandle ATTR_DESTROY = action("posix_spawnattr_destroy");
    private static final MethodHandle ATTR_FLAGS = action("posix_spawnattr_setflags", ValueLayout.JAVA_SHORT);
    private static final MethodHandle ATTR_MASK = action("posix_spawnattr_setsigmask", POINTER);
    private static final MethodHandle ATTR_DEFAULT = action("posix_spawnattr_setsigdefault", POINTER);
    private static final MethodHandle SPAWNP = Downcalls.function(
            "posix_spawnp", FunctionDescriptor.of(INT, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER), -1);

    private static final short POSIX_SPAWN_SETSIGDEF = 0x04;
    private static final short POSIX_SPAWN_SETSIGMASK = 0x08;
    private static final short POSIX_SPAWN_SETSID = 0x80;

    /** Larger than glibc's structures on any architecture. */
    private static final long OPAQUE_BYTES = 512;

    private static final long SIGSET_BYTES = 128;

    /**
     * Descriptors to be inherited are first moved up here, or higher, so that no dup2 overwrites the source of a later
     * one.
     */
    private static final int PARKING = 100;

    /** Below the usual RLIMIT_NOFILE of 1024, with room for what is parked above. */
    private static final int NUMBER_MAX = 512;

    private final List<String> command;
    private final SortedMap<Integer, OwnedFd> inherited = new TreeMap<>();
    private final SortedMap<Integer, OpenAs> opened = new TreeMap<>();
    private Map<String, String> environment = Map.of();
    private @Nullable Path directory;
    private boolean newSession;

    private record OpenAs(Path path, int flags, int mode) {}

    private Spawn(List<String> command) {
        if (command.isEmpty()) {
            throw new IllegalArgumentException("a command without a program");
        }
        command.forEach(Spawn::requireCString);
        this.command = List.copyOf(command);
    }

    /** @param command program, looked up in our PATH, and arguments */
    public static Spawn of(List<String> command) {
        return new Spawn(command);
    }

    /** The whole environment of the child; empty if not called. */
    public Spawn environment(Map<String, String> variables) {
        variables.forEach((name, value) -> {
            if (name.isEmpty() || name.indexOf('=') >= 0) {
                throw new IllegalArgumentException("environment variable '" + name + "': use a name without '='");
            }
            requireCString(name);
            requireCString(value);
        });
        environment = Map.copyOf(variables);
        return this;
    }

    public Spawn directory(Path path) {
        directory = path;
        return this;
    }

    /** The child leads a session of its own. */
    public Spawn newSession() {
        newSession = true;
        return this;
    }

    /** Gives {@code fd} to the child under the number {@code as}. The caller keeps its own. */
    public Spawn inherit(OwnedFd fd, int as) {
        requireFree(as);
        inherited.put(as, fd);
        return this;
    }

    /** The child opens {@code path} as its descriptor {@code as}; 0, 1 and 2 are /dev/null if nothing is said. */
    public Spawn open(int as, Path path, int flags, int mode) {
        requireFree(as);
        opened.put(as, new OpenAs(path, flags, mode));
        return this;
    }

    private void requireFree(int as) {
        if (as < 0 || as > NUMBER_MAX) {
            throw new IllegalArgumentException("descriptor " + as + " for a child: use 0 to " + NUMBER_MAX);
        }
        if (inherited.containsKey(as) || opened.containsKey(as)) {
            throw new IllegalArgumentException("descriptor " + as + " of " + command.getFirst() + " is given twice");
        }
    }

    private static void requireCString(String value) {
        if (value.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("'" + value.replace("\0", "\\0")
                    + "' has a NUL character: a program would see only what precedes it");
        }
    }

    /**
     * Starts it.
     *
     * @throws IOException naming the program if it cannot be started; then nothing is left
     */
    public ChildProcess start() throws IOException {
        List<OwnedFd> parked = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment actions = arena.allocate(OPAQUE_BYTES, 16);
            MemorySegment attributes = arena.allocate(OPAQUE_BYTES, 16);
            check("file_actions_init", (int) ACTIONS_INIT.invokeExact(Downcalls.state(), actions));
            check("attr_init", (int) ATTR_INIT.invokeExact(Downcalls.state(), attributes));
            try {
                addActions(arena, actions, parked);
                setAttributes(arena, attributes);
                MemorySegment pid = arena.allocate(INT);
                int error = (int) SPAWNP.invokeExact(
                        Downcalls.state(),
                        pid,
                        arena.allocateFrom(command.getFirst()),
                        actions,
                        attributes,
                        strings(arena, command),
                        strings(arena, environmentStrings()));
                if (error != 0) {
                    throw LinuxException.of("posix_spawn", error, String.join(" ", command));
                }
                return ChildProcess.of(pid.get(INT, 0), command.getFirst());
            } finally {
                int _ = (int) ACTIONS_DESTROY.invokeExact(Downcalls.state(), actions);
                int _ = (int) ATTR_DESTROY.invokeExact(Downcalls.state(), attributes);
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError("posix_spawn", t);
        } finally {
            parked.forEach(OwnedFd::close);
        }
    }

    private void addActions(Arena arena, MemorySegment actions, List<OwnedFd> parked) throws Throwable {
        SortedMap<Integer, OpenAs> opens = new TreeMap<>(opened);
        for (int standard = 0; standard <= 2; standard++) {
            if (!inherited.containsKey(standard)) {
                opens.putIfAbsent(standard, new OpenAs(Path.of("/dev/null"), OwnedFd.O_RDWR, 0));
            }
        }
        int highest = 2;
        highest = opens.isEmpty() ? highest : Math.max(highest, opens.lastKey());
        highest = inherited.isEmpty() ? highest : Math.max(highest, inherited.lastKey());
        for (Map.Entry<Integer, OwnedFd> e : inherited.entrySet()) {
            OwnedFd source = e.getValue().duplicate(Math.max(PARKING, highest + 1));
            parked.add(source);
            check("adddup2", (int) ADD_DUP2.invokeExact(Downcalls.state(), actions, source.fd(), (int) e.getKey()));
        }
        // The JDK opens most of its files without close-on-exec: what lies between the wanted numbers must go, too.
        for (int number = 3; number < highest; number++) {
            if (!inherited.containsKey(number) && !opens.containsKey(number)) {
                check("addclose", (int) ADD_CLOSE.invokeExact(Downcalls.state(), actions, number));
            }
        }
        for (Map.Entry<Integer, OpenAs> e : opens.entrySet()) {
            OpenAs open = e.getValue();
            check("addopen", (int) ADD_OPEN.invokeExact(
                    Downcalls.state(),
                    actions,
                    (int) e.getKey(),
                    arena.allocateFrom(open.path().toString()),
                    open.flags(),
                    open.mode()));
        }
        check("addclosefrom", (int) ADD_CLOSEFROM.invokeExact(Downcalls.state(), actions, highest + 1));
        if (directory != null) {
            check("addchdir", (int)
                    ADD_CHDIR.invokeExact(Downcalls.state(), actions, arena.allocateFrom(directory.toString())));
        }
    }

    private void setAttributes(Arena arena, MemorySegment attributes) throws Throwable {
        short flags = (short) (POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (newSession ? POSIX_SPAWN_SETSID : 0));
        check("setflags", (int) ATTR_FLAGS.invokeExact(Downcalls.state(), attributes, flags));
        MemorySegment none = arena.allocate(SIGSET_BYTES, 8);
        check("setsigmask", (int) ATTR_MASK.invokeExact(Downcalls.state(), attributes, none));
        // All but SIGKILL and SIGSTOP back to their defaults: the JVM's dispositions are not the child's.
        MemorySegment all = arena.allocate(SIGSET_BYTES, 8);
        long mask = ~(1L << (9 - 1)) & ~(1L << (19 - 1)) & 0x7FFFFFFFL;
        all.set(ValueLayout.JAVA_LONG, 0, mask);
        check("setsigdefault", (int) ATTR_DEFAULT.invokeExact(Downcalls.state(), attributes, all));
    }

    private List<String> environmentStrings() {
        return environment.entrySet().stream()
                .map(e -> e.getKey() + "=" + e.getValue())
                .toList();
    }

    private static MemorySegment strings(Arena arena, List<String> values) {
        MemorySegment array = arena.allocate(POINTER, values.size() + 1L);
        for (int i = 0; i < values.size(); i++) {
            array.setAtIndex(POINTER, i, arena.allocateFrom(values.get(i)));
        }
        return array;
    }

    private static void check(String what, int error) throws LinuxException {
        if (error != 0) {
            throw LinuxException.of("posix_spawn_" + what, error, "");
        }
    }

    private static MethodHandle action(String name, MemoryLayout... more) {
        MemoryLayout[] layouts = new MemoryLayout[more.length + 1];
        layouts[0] = POINTER;
        System.arraycopy(more, 0, layouts, 1, more.length);
        return Downcalls.function(name, FunctionDescriptor.of(INT, layouts), -1);
    }
}
