import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Random } from '../random.ts';
import { pause } from '../time.ts';

/** A point of the screen, pixels. */
export interface Spot {
  readonly x: number;
  readonly y: number;
}

/**
 * Mouse and keyboard of a display. Events go through the X server (XTEST), so to browsers and pages they are
 * a person's: trusted, with screen coordinates, wheel notches and key codes that fit together.
 */
export class Hands {
  readonly #tool: ChildProcess;
  readonly #random: Random;
  #at: Spot = { x: 960, y: 540 };

  constructor(display: string, random: Random) {
    this.#random = random;
    // It obeys one line of its standard input after the other, so a visit needs a single process.
    this.#tool = spawn('xdotool', ['-'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { ...process.env, DISPLAY: display },
    });
    this.#tool.on('error', () => undefined);
    this.#tool.stdin?.on('error', () => undefined);
  }

  #do(line: string): void {
    this.#tool.stdin?.write(`${line}\n`);
  }

  /** Moves the mouse on a slightly bent way that slows down towards its end. */
  async move(to: Spot): Promise<void> {
    const from = this.#at;
    const steps = this.#random.integer(3, 6);
    const bend = this.#random.between(-0.06, 0.06);
    for (let i = 1; i <= steps; i++) {
      const part = 1 - (1 - i / steps) ** 2;
      const off = bend * Math.sin(Math.PI * part);
      const x = from.x + (to.x - from.x) * part + (to.y - from.y) * off;
      const y = from.y + (to.y - from.y) * part - (to.x - from.x) * off;
      this.#do(`mousemove ${Math.max(0, Math.round(x))} ${Math.max(0, Math.round(y))}`);
      await pause(this.#random.between(8, 24));
    }
    this.#at = to;
  }

  /** Presses the left button where `at` is; with Control a link opens in a tab of its own. */
  async click(at: Spot, control = false): Promise<void> {
    await this.move(at);
    await pause(this.#random.between(40, 160));
    if (control) this.#do('keydown ctrl');
    this.#do('mousedown 1');
    await pause(this.#random.between(40, 110));
    this.#do('mouseup 1');
    if (control) this.#do('keyup ctrl');
  }

  /** Turns the wheel by notches; positive towards the end of the page. */
  async wheel(notches: number): Promise<void> {
    for (let i = Math.abs(notches); i > 0; i--) {
      this.#do(`click ${notches > 0 ? 5 : 4}`);
      await pause(this.#random.between(25, 90));
    }
  }

  /** Types text with pauses of `slow()` milliseconds between the keys. */
  async type(text: string, slow: () => number): Promise<void> {
    for (const character of text) {
      this.#do(character === '\n' ? 'key Return' : `type ${JSON.stringify(character)}`);
      await pause(slow());
    }
  }

  /** A key with modifiers, by its X name: `alt+Left`, `ctrl+a`. */
  key(name: string): void {
    this.#do(`key ${name}`);
  }

  async close(): Promise<void> {
    this.#tool.stdin?.end();
    if (this.#tool.exitCode === null && this.#tool.signalCode === null) {
      const insist = setTimeout(() => this.#tool.kill('SIGKILL'), 1000);
      await once(this.#tool, 'exit').catch(() => undefined);
      clearTimeout(insist);
    }
  }
}
