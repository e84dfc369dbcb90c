import type { MessageQueue } from './message-queue.ts';

/** Bytes that one write carries when there are so many. */
const batchBytes = 256 * 1024;

const lineFeed = 10;

/** Whole lines on their way to a target that takes a part at a time. */
export class LineBatch {
  readonly bytes: Buffer;
  /** Bytes that the target has. */
  written = 0;
  /** Lines of which the target has every byte. */
  #finished = 0;
  readonly #lines: number;

  private constructor(bytes: Buffer, lines: number) {
    this.bytes = bytes;
    this.#lines = lines;
  }

  /** The oldest lines of the queue, at least one, which leave it; undefined when it is empty. */
  static from(queue: MessageQueue): LineBatch | undefined {
    const lines: string[] = [];
    let length = 0;
    for (let line = queue.peek(); line !== undefined && length < batchBytes; line = queue.peek()) {
      lines.push(line);
      length += line.length + 1;
      queue.shift();
    }
    if (lines.length === 0) return undefined;
    lines.push('');
    return new LineBatch(Buffer.from(lines.join('\n')), lines.length - 1);
  }

  get done(): boolean {
    return this.written === this.bytes.length;
  }

  /** Lines that are not, or not wholly, written. */
  get left(): number {
    return this.#lines - this.#finished;
  }

  /** The target took some bytes: how many lines that finished. */
  advance(count: number): number {
    let finished = 0;
    const to = this.written + count;
    if (to === this.bytes.length) finished = this.left;
    else for (let at = this.written; at < to; at++) if (this.bytes[at] === lineFeed) finished += 1;
    this.written = to;
    this.#finished += finished;
    return finished;
  }

  /** Bytes of a line that is written in part. */
  get cut(): number {
    if (this.written === 0 || this.done) return 0;
    return this.written - 1 - this.bytes.lastIndexOf(lineFeed, this.written - 1);
  }

  /** The target has forgotten the part of the line: it starts over. */
  restartLine(): void {
    this.written -= this.cut;
  }
}
