package norikae.linux;

/** System call numbers of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl). */
final class Numbers {

    static final long READ = 0;
    static final long WRITE = 1;
    static final long CLOSE = 3;
    static final long POLL = 7;
    static final long LSEEK = 8;
    static final long MMAP = 9;
    static final long MUNMAP = 11;
    static final long IOCTL = 16;
    static final long PREAD = 17;
    static final long PWRITE = 18;
    static final long MADVISE = 28;
    static final long DUP = 32;
    static final long SOCKET = 41;
    static final long CONNECT = 42;
    static final long SENDTO = 44;
    static final long RECVFROM = 45;
    static final long SENDMSG = 46;
    static final long RECVMSG = 47;
    static final long SHUTDOWN = 48;
    static final long BIND = 49;
    static final long LISTEN = 50;
    static final long SOCKETPAIR = 53;
    static final long SETSOCKOPT = 54;
    static final long GETSOCKOPT = 55;
    static final long WAIT4 = 61;
    static final long KILL = 62;
    static final long FCNTL = 72;
    static final long FTRUNCATE = 77;
    static final long PTRACE = 101;
    static final long SETPRIORITY = 141;
    static final long SYNC = 162;
    static final long MOUNT = 165;
    static final long UMOUNT2 = 166;
    static final long CLOCK_GETTIME = 228;
    static final long WAITID = 247;
    static final long OPENAT = 257;
    static final long UNSHARE = 272;
    static final long FALLOCATE = 285;
    static final long ACCEPT4 = 288;
    static final long SETNS = 308;
    static final long PROCESS_VM_READV = 310;
    static final long MEMFD_CREATE = 319;
    static final long USERFAULTFD = 323;
    static final long PIDFD_SEND_SIGNAL = 424;
    static final long PIDFD_OPEN = 434;
    static final long PIDFD_GETFD = 438;

    private Numbers() {}

    static void requireArchitecture() {
        if (!System.getProperty("os.arch").equals("amd64")) {
            throw new UnsupportedOperationException(
                    "Norikae knows the system calls of x86-64 only, not of " + System.getProperty("os.arch"));
        }
    }
}
