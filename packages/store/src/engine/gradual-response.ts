import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';

/**
 * An answer whose headers go out one by one while its statement runs, as ClickHouse reports progress; Node's own
 * response can only send them all at once. The body is chunked, and the connection ends with it.
 */
export class GradualResponse extends Writable {
  readonly #socket: Socket;
  #headersDone = false;

  private constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.once('close', () => this.destroy());
  }

  /**
   * Sends `200 OK` and the headers that the response has so far; the response itself must not be used after that.
   * Undefined when this is not possible: the connection has gone, or the client speaks HTTP/1.0.
   */
  static begin(response: ServerResponse): GradualResponse | undefined {
    const { socket, req } = response;
    if (socket === null || socket.destroyed || req.httpVersion !== '1.1' || response.headersSent)
      return undefined;
    const gradual = new GradualResponse(socket);
    socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n');
    for (const name of response.getHeaderNames()) gradual.header(name, String(response.getHeader(name)));
    return gradual;
  }

  /** Whether headers can still be added: until the first byte of the body. */
  get open(): boolean {
    return !this.#headersDone;
  }

  /** Sends one header at once. Its value must not come from outside unchecked. */
  header(name: string, value: string): void {
    if (!this.#headersDone) this.#socket.write(`${name}: ${value}\r\n`);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#finishHeaders();
    if (chunk.length === 0) {
      done();
      return;
    }
    this.#socket.cork();
    this.#socket.write(`${chunk.length.toString(16)}\r\n`);
    this.#socket.write(chunk);
    this.#socket.write('\r\n', done);
    process.nextTick(() => this.#socket.uncork());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#finishHeaders();
    this.#socket.write('0\r\n\r\n');
    this.#socket.destroySoon();
    done();
  }

  #finishHeaders(): void {
    if (this.#headersDone) return;
    this.#headersDone = true;
    this.#socket.write('\r\n');
  }
}
