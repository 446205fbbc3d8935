"""A service that starts at once and tells everybody which instance of it answers. Usage: instance.py PORT [SINK PORT]

With a sink, it also sends it a datagram every 10 ms: a write to something outside that a stale copy must not make.
"""
import os
import socket
import sys
import threading
import time

instance = "%d-%s" % (time.time_ns(), os.urandom(4).hex())


def write():
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    while True:
        try:
            sink.sendto(instance.encode(), (sys.argv[2], int(sys.argv[3])))
        except OSError:
            pass
        time.sleep(0.01)


if len(sys.argv) > 2:
    threading.Thread(target=write, daemon=True).start()
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", int(sys.argv[1])))
server.listen(64)
while True:
    connection, _ = server.accept()
    try:
        connection.sendall((instance + "\n").encode())
    except OSError:
        pass
    connection.close()
