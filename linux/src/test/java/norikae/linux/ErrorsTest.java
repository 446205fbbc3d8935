package norikae.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ErrorsTest {

    private static final int NO_PID = 4_194_304; // one above the largest that Linux gives

    @Test
    void nameCallArgumentsAndErrno() {
        assertThat(new LinuxException("process_vm_readv", Errno.ESRCH, "pid=4711, bytes=2097152"))
                .hasMessage("process_vm_readv(pid=4711, bytes=2097152) failed: ESRCH (no such process)");
    }

    @Test
    void comeFromTheKernelAsTheyAre() {
        LinuxException e = catchThrowableOfType(LinuxException.class, () -> PidFd.open(NO_PID));
        assertThat(e.errno()).isEqualTo(Errno.ESRCH);
        assertThat(e.call()).isEqualTo("pidfd_open");
        assertThat(e).hasMessage("pidfd_open(pid=" + NO_PID + ") failed: ESRCH (no such process)");
    }

    @Test
    void keepANumberThatNobodyKnows() {
        LinuxException e = LinuxException.of("ioctl", 4000, "fd=3");
        assertThat(e.errno()).isEqualTo(Errno.UNKNOWN);
        assertThat(e).hasMessage("ioctl(fd=3) failed: errno 4000 (unknown error 4000)");
    }

    @Test
    void knowEveryNumberOfTheCLibrary() {
        for (Errno errno : Errno.values()) {
            assertThat(Errno.of(errno.code())).isEqualTo(errno);
            if (errno.code() > 0 && errno != Errno.ENOTSUPP) {
                assertThat(errno.text()).doesNotContainIgnoringCase("unknown error");
            }
        }
    }

    @Test
    void ofOneThreadAreNeverTakenForThoseOfAnother() throws Exception {
        List<Future<?>> results = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (int thread = 0; thread < 8; thread++) {
                boolean missing = thread % 2 == 0;
                results.add(threads.submit(() -> {
                    for (int i = 0; i < 5_000; i++) {
                        Path path = Path.of(missing ? "/no/such/file" : "/etc/hostname/below-a-file");
                        assertThatThrownBy(() -> OwnedFd.open(path, OwnedFd.O_RDONLY, 0))
                                .isInstanceOfSatisfying(LinuxException.class, e -> assertThat(e.errno())
                                        .isEqualTo(missing ? Errno.ENOENT : Errno.ENOTDIR));
                    }
                }));
            }
        }
        for (Future<?> result : results) {
            result.get();
        }
    }
}
