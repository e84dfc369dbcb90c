"""Writes the datagrams of a UNIX socket to a file, one per line, in the order received.

Arguments: socket path, output file. Says "ready" on stdout; ends on SIGTERM after reading what is queued.
"""
import os
import signal
import socket
import sys

path, output = sys.argv[1], sys.argv[2]
try:
    os.unlink(path)
except FileNotFoundError:
    pass
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
receiver.bind(path)
os.chmod(path, 0o666)
receiver.settimeout(0.2)
stopping = False


def stop(*_):
    global stopping
    stopping = True


signal.signal(signal.SIGTERM, stop)
with open(output, "wb") as lines:
    print("ready", flush=True)
    while True:
        try:
            lines.write(receiver.recv(1 << 17) + b"\n")
        except TimeoutError:
            lines.flush()
            if stopping:
                break
os.unlink(path)
