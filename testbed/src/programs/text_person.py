"""A person at a text browser: reads on a terminal, presses keys, follows links, goes back, searches.

Arguments: browser (w3m, lynx, links or elinks), start address, seed, number of pages, seconds that a page is
looked at (median). The browser runs interactively on a pseudo-terminal of its own and is left with its own key.
"""

import fcntl
import os
import pty
import random
import select
import signal
import struct
import sys
import termios
import time

browser, address, seed, pages, look = sys.argv[1:6]
chance = random.Random(int(seed))
look = float(look)

COMMANDS = {
    "w3m": ["w3m", "-no-mouse", "-o", "confirm_qq=0", "-cookie", address],
    "lynx": ["lynx", "-accept_all_cookies", "-nopause", address],
    "links": ["links", "-no-g", "-ssl.certificates", "1", address],
    "elinks": ["elinks", "-no-connect", "1", address],
}
# Next link, follow it, back, page down, leave.
KEYS = {
    "w3m": (b"\t", b"\r", b"B", b" ", b"qy"),
    "lynx": (b"\x1b[B", b"\r", b"\x1b[D", b" ", b"qy"),
    "links": (b"\x1b[B", b"\r", b"\x1b[D", b" ", b"q\r"),
    "elinks": (b"\x1b[B", b"\r", b"\x1b[D", b" ", b"q\r"),
}
NEXT, FOLLOW, BACK, DOWN, LEAVE = KEYS[browser]


def pause(seconds):
    """Waits and shows what the browser writes to nobody, so that it never blocks. False when it has ended."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            try:
                if not os.read(terminal, 65536):
                    return False
            except OSError:
                return False
    return True


def press(key, times=1):
    for _ in range(times):
        os.write(terminal, key)
        if not pause(chance.uniform(0.08, 0.35)):
            return False
    return True


def think():
    return pause(min(30, chance.lognormvariate(0, 0.6) * look))


def wander():
    if not pause(1.5):
        return
    for _ in range(int(pages)):
        if not (think() and press(DOWN, chance.randint(0, 2)) and think()):
            return
        if not (press(NEXT, chance.randint(2, 14)) and press(FOLLOW) and pause(1)):
            return
        if chance.random() < 0.4 and not (think() and press(BACK)):
            return
    think()


child, terminal = pty.fork()
if child == 0:
    os.environ["TERM"] = "xterm-256color"
    os.execvp(COMMANDS[browser][0], COMMANDS[browser])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
try:
    wander()
    press(LEAVE)
    pause(0.5)
except OSError:
    pass
finally:
    # What has not left by itself is in a dialogue that a person would just close the window on.
    try:
        os.kill(child, signal.SIGHUP)
    except ProcessLookupError:
        pass
    os.waitpid(child, 0)
