"""Asks a service again and again which instance answers. Usage: watcher.py ADDRESS PORT

Prints, for each answer, when it was asked for and when it came (nanoseconds of the wall clock, which all nodes of a
laboratory share), and the instance.
"""
import socket
import sys
import time

address = (sys.argv[1], int(sys.argv[2]))
while True:
    asked = time.time_ns()
    client = socket.socket()
    client.settimeout(0.1)
    try:
        client.connect(address)
        answer = client.recv(100).decode().strip()
        if answer:
            print(asked, time.time_ns(), answer, flush=True)
    except OSError:
        pass
    client.close()
    time.sleep(0.01)
