import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Running, start } from '../run.ts';
import { trustIn } from './certificate-store.ts';
import type { Browser, BrowserOptions, BrowserWindow, Guest, Tab } from './tab.ts';

/** Engines that programs embed: Debian has a library of each and views/ a small browser around it. */
export type WebView = 'webkitgtk' | 'qtwebengine5' | 'qtwebengine6';

const commands: Record<WebView, readonly string[]> = {
  webkitgtk: ['/usr/bin/python3', '-B', join(import.meta.dirname, 'views/webkitgtk.py')],
  qtwebengine5: ['/usr/bin/python3', '-B', join(import.meta.dirname, 'views/qtwebengine.py'), '5'],
  qtwebengine6: ['/usr/bin/python3', '-B', join(import.meta.dirname, 'views/qtwebengine.py'), '6'],
};

/** Commands and answers over the program's standard input and output, one JSON text per line. */
class Lines {
  readonly #running: Running;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #last = 0;

  constructor(running: Running) {
    this.#running = running;
    const { stdin, stdout } = running.process;
    stdin?.on('error', () => undefined);
    if (stdout) createInterface({ input: stdout }).on('line', (line) => this.#receive(line));
    const fail = () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('The browser has ended'));
      this.#waiting.clear();
    };
    running.ended.then(fail, fail);
  }

  #receive(line: string): void {
    if (!line.startsWith('{')) return;
    const { id, result, error } = JSON.parse(line) as { id: number; result?: unknown; error?: string };
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error));
  }

  async send(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#last;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#running.process.stdin?.write(`${JSON.stringify({ id, method, params })}\n`);
    const timer = setTimeout(() => waiting.reject(new Error(`${method}: no answer in 30 s`)), 30_000);
    try {
      return await waiting.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }
}

class ViewTab implements Tab {
  readonly #lines: Lines;
  readonly #tab: number;

  constructor(lines: Lines, tab: number) {
    this.#lines = lines;
    this.#tab = tab;
  }

  async goto(url: string): Promise<void> {
    await this.#lines.send('goto', { tab: this.#tab, url });
  }

  evaluate(expression: string): Promise<unknown> {
    return this.#lines.send('evaluate', { tab: this.#tab, expression });
  }

  async show(): Promise<void> {
    await this.#lines.send('show', { tab: this.#tab });
  }

  async close(): Promise<void> {
    await this.#lines.send('close', { tab: this.#tab });
  }
}

async function openWindow(lines: Lines, guest: Guest): Promise<BrowserWindow> {
  const first = Number(await lines.send('open', guest));
  const known = new Set([first]);
  return {
    first: new ViewTab(lines, first),
    opened: async () => {
      const tabs = (await lines.send('tabs')) as number[];
      const fresh = tabs.filter((tab) => !known.has(tab));
      for (const tab of fresh) known.add(tab);
      return fresh.map((tab) => new ViewTab(lines, tab));
    },
    leave: async () => {
      await lines.send('leave');
    },
  };
}

/** Starts a browser around an embeddable engine, with a window, in whatever network this process is in. */
export async function launchWebView(view: WebView, options: BrowserOptions): Promise<Browser> {
  await trustIn(join(options.home, '.pki/nssdb'), options.authority);
  const [program = '', ...args] = commands[view];
  const flags = ['--no-sandbox', '--disable-gpu', ...(options.http1 ? ['--disable-http2'] : [])];
  const running = start(program, args, {
    stdin: 'pipe',
    env: { ...process.env, QTWEBENGINE_CHROMIUM_FLAGS: flags.join(' '), QT_QUICK_BACKEND: 'software' },
  });
  const lines = new Lines(running);
  return {
    ended: running.ended,
    open: (guest) => openWindow(lines, guest),
    close: () => running.stop(),
  };
}
