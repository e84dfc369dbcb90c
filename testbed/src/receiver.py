"""Writes what web servers report to a file, one event per line, in the order received.

Arguments: datagram socket, output file. Listens on the stream socket beside it, too (http.socket,
http.stream.socket), where events are lines. Says "ready" on stdout; ends on SIGTERM after reading what is queued.
"""
import os
import selectors
import signal
import socket
import sys

path, output = sys.argv[1], sys.argv[2]
stream_path = path.removesuffix(".socket") + ".stream.socket"
stopping = False


def stop(*_):
    global stopping
    stopping = True


def bound(kind, at):
    try:
        os.unlink(at)
    except FileNotFoundError:
        pass
    made = socket.socket(socket.AF_UNIX, kind)
    made.bind(at)
    os.chmod(at, 0o666)
    made.setblocking(False)
    return made


def read_all(source):
    """What is waiting, piece by piece; nothing more when the other side has closed."""
    try:
        while piece := source.recv(1 << 17):
            yield piece
    except BlockingIOError:
        return
    except ConnectionResetError:
        pass
    if source.type == socket.SOCK_STREAM:
        waiting.unregister(source)
        source.close()


signal.signal(signal.SIGTERM, stop)
datagrams = bound(socket.SOCK_DGRAM, path)
datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
streams = bound(socket.SOCK_STREAM, stream_path)
streams.listen(16)
waiting = selectors.DefaultSelector()
waiting.register(datagrams, selectors.EVENT_READ)
waiting.register(streams, selectors.EVENT_READ)
begun = {}
with open(output, "wb") as lines:
    print("ready", flush=True)
    while True:
        ready = waiting.select(0.2)
        for key, _ in ready:
            if key.fileobj is datagrams:
                for event in read_all(datagrams):
                    lines.write(event + b"\n")
            elif key.fileobj is streams:
                connection, _ = streams.accept()
                connection.setblocking(False)
                begun[connection] = b""
                waiting.register(connection, selectors.EVENT_READ)
            else:
                for piece in read_all(key.fileobj):
                    whole, mark, rest = (begun[key.fileobj] + piece).rpartition(b"\n")
                    lines.write(whole + mark)
                    begun[key.fileobj] = rest
        if not ready:
            lines.flush()
            if stopping:
                break
os.unlink(path)
os.unlink(stream_path)
