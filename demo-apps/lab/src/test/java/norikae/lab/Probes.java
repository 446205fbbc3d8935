package norikae.lab;

/** Small Python programs that show what a link lets through. */
final class Probes {

    private Probes() {}

    /** Prints "open", "refused", "silence" or "unreachable". */
    static String connect(String address, int port) {
        return """
                import socket
                try:
                    socket.create_connection(("%s", %d), 1.0)
                    print("open")
                except ConnectionRefusedError:
                    print("refused")
                except OSError as e:
                    # With an unknown hardware address, the kernel gives up by itself.
                    print("silence" if isinstance(e, TimeoutError) or e.errno == 113 else "unreachable")
                """.formatted(address, port);
    }

    /** Prints "refused" as soon as the address answers again, "silence" if it does not within ten seconds. */
    static String connectOnceItAnswers(String address, int port) {
        // A kernel that just failed to find a hardware address needs up to three seconds until it asks again.
        return """
                import socket, time
                end = time.monotonic() + 10
                while time.monotonic() < end:
                    try:
                        socket.create_connection(("%s", %d), 1.0)
                    except ConnectionRefusedError:
                        print("refused")
                        break
                    except OSError:
                        pass
                else:
                    print("silence")
                """.formatted(address, port);
    }

    /** Prints every datagram. */
    static String listen(int port) {
        return """
                import socket
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.bind(("", %d))
                print("listening")
                while True:
                    print(s.recv(1000).decode())
                """.formatted(port);
    }

    static String send(String address, int port, String text) {
        return """
                import socket
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"%s", ("%s", %d))
                """.formatted(text, address, port);
    }

    /** Reads a connection to its end and prints how long that took. */
    static String sink(int port) {
        return """
                import socket, time
                s = socket.create_server(("", %d))
                print("listening")
                c, _ = s.accept()
                begin = time.monotonic()
                while c.recv(65536):
                    pass
                print("seconds", time.monotonic() - begin)
                """.formatted(port);
    }

    static String pour(String address, int port, int bytes) {
        return """
                import socket
                s = socket.create_connection(("%s", %d))
                s.sendall(bytes(%d))
                s.close()
                """.formatted(address, port, bytes);
    }
}
