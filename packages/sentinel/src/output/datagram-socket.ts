import { lastErrorCode, libc, systemError } from '../live/libc.ts';

/** What became of one datagram. `full`: later; `gone`: nobody receives any more, connect again. */
export type SendOutcome = 'sent' | 'full' | 'gone' | 'too-large';

/** The largest datagram that receivers accept, in bytes. */
const maxDatagramBytes = 65_536;

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const maxPathBytes = 107;

/** A UNIX datagram socket that sends to one path and never waits. */
export class DatagramSocket {
  readonly #address: Uint8Array;
  readonly #scratch = Buffer.from(new ArrayBuffer(maxDatagramBytes));
  #fd = -1;

  /** Throws ENAMETOOLONG for a path of more than 107 bytes (`sun_path`, unix(7)). */
  constructor(path: string) {
    const bytes = Buffer.from(path);
    if (bytes.length > maxPathBytes) {
      throw systemError(
        'ENAMETOOLONG',
        `socket path ${path} has ${bytes.length} bytes, the system allows ${maxPathBytes}: set sockets.dir to a shorter folder`,
      );
    }
    this.#address = new Uint8Array(3 + bytes.length);
    new DataView(this.#address.buffer).setUint16(0, AF_UNIX, true);
    this.#address.set(bytes, 2);
  }

  /** Connects to whoever receives on the path now; otherwise the error's name (ENOENT, ECONNREFUSED, EACCES, …). */
  connect(): { ok: true } | { ok: false; reason: string } {
    this.close();
    const fd = libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return { ok: false, reason: lastErrorCode() };
    // What a sender has in flight counts against its own buffer; the default holds some 90 events.
    const size = new Uint8Array(Int32Array.of(4 << 20).buffer);
    libc().setsockopt(fd, SOL_SOCKET, SO_SNDBUF, size, size.length);
    if (libc().connect(fd, this.#address, this.#address.length) !== 0) {
      const reason = lastErrorCode();
      libc().close(fd);
      return { ok: false, reason };
    }
    this.#fd = fd;
    return { ok: true };
  }

  send(text: string): SendOutcome {
    if (this.#fd < 0) return 'gone';
    // Three bytes are the most that a UTF-16 unit takes; only texts that might not fit are measured.
    if (text.length * 3 > maxDatagramBytes && Buffer.byteLength(text) > maxDatagramBytes) return 'too-large';
    const length = this.#scratch.write(text);
    for (;;) {
      if (libc().send(this.#fd, this.#scratch, length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return 'sent';
      const code = lastErrorCode();
      if (code === 'EINTR') continue;
      if (code === 'EAGAIN' || code === 'ENOBUFS' || code === 'ENOMEM') return 'full';
      if (code === 'EMSGSIZE') return 'too-large';
      // ECONNREFUSED, ENOTCONN, EPIPE, …: the receiver closed, shut down or was replaced.
      this.close();
      return 'gone';
    }
  }

  close(): void {
    if (this.#fd >= 0) libc().close(this.#fd);
    this.#fd = -1;
  }
}
