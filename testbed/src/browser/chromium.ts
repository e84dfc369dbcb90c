import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Running, start } from '../run.ts';
import { pause } from '../time.ts';
import { Link } from './link.ts';
import type { Browser, BrowserOptions, Tab } from './tab.ts';

/** Where a freshly started browser wrote its DevTools address. */
async function devToolsAddress(profile: string, running: Running): Promise<string> {
  for (let waited = 0; waited < 40_000; waited += 100) {
    const [port, path] = (await readFile(join(profile, 'DevToolsActivePort'), 'utf8').catch(() => '')).split(
      '\n',
    );
    if (port && path) return `ws://127.0.0.1:${port}${path}`;
    if (running.process.exitCode !== null) break;
    await pause(100);
  }
  throw new Error('Chromium did not start');
}

class ChromiumTab implements Tab {
  readonly #link: Link;
  readonly #target: string;
  readonly #session: string;

  constructor(link: Link, target: string, session: string) {
    this.#link = link;
    this.#target = target;
    this.#session = session;
  }

  #send(method: string, params: object = {}): Promise<unknown> {
    return this.#link.send(method, params, { sessionId: this.#session });
  }

  async goto(url: string, referrer?: string): Promise<void> {
    await this.#send('Page.navigate', {
      url,
      ...(referrer ? { referrer, transitionType: 'link' } : { transitionType: 'typed' }),
    });
  }

  async evaluate(expression: string): Promise<unknown> {
    const answer = (await this.#send('Runtime.evaluate', { expression, returnByValue: true })) as {
      result?: { value?: unknown };
    };
    return answer.result?.value;
  }

  async press(x: number, y: number, newTab: boolean): Promise<void> {
    const at = { x, y, modifiers: newTab ? 2 : 0 };
    await this.#send('Input.dispatchMouseEvent', { ...at, type: 'mouseMoved' });
    const button = { ...at, button: 'left', clickCount: 1 };
    await this.#send('Input.dispatchMouseEvent', { ...button, type: 'mousePressed' });
    await this.#send('Input.dispatchMouseEvent', { ...button, type: 'mouseReleased' });
  }

  async wheel(x: number, y: number, deltaY: number): Promise<void> {
    await this.#send('Input.dispatchMouseEvent', { type: 'mouseWheel', x, y, deltaX: 0, deltaY });
  }

  async key(character: string): Promise<void> {
    const key =
      character === '\n'
        ? { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' }
        : { text: character, key: character };
    await this.#send('Input.dispatchKeyEvent', { type: 'keyDown', ...key });
    await this.#send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
  }

  async back(): Promise<void> {
    await this.evaluate('history.back()');
  }

  async show(): Promise<void> {
    await this.#send('Page.bringToFront');
  }

  async close(): Promise<void> {
    await this.#link.send('Target.closeTarget', { targetId: this.#target });
  }
}

/** Chromium's stable User-Agent for its version: the headless one differs from it in a single word. */
export function userAgentOf(version: string): string {
  const major = /(\d+)\./.exec(version)?.[1] ?? '0';
  return `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major}.0.0.0 Safari/537.36`;
}

/** Starts Debian's Chromium with a profile, in whatever network this process is in, and drives it over CDP. */
export async function launchChromium(
  options: BrowserOptions & { userAgent: string; home: string },
): Promise<Browser> {
  await rm(join(options.profile, 'DevToolsActivePort'), { force: true });
  const running = start(
    'chromium',
    [
      ...[
        '--headless=new',
        '--no-sandbox',
        '--remote-debugging-port=0',
        `--user-data-dir=${options.profile}`,
      ],
      ...['--no-first-run', '--no-default-browser-check', '--disable-gpu', '--password-store=basic'],
      // Nothing of the browser's own (updates, safe browsing, field trials) leaves for networks that are not there.
      ...[
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--disable-breakpad',
      ],
      ...[`--user-agent=${options.userAgent}`, `--accept-lang=${options.language}`],
      ...[`--window-size=${options.width},${options.height}`, 'about:blank'],
    ],
    { env: { ...process.env, HOME: options.home } },
  );
  try {
    const link = await Link.open(await devToolsAddress(options.profile, running));
    const attach = async (targetId: string): Promise<Tab> => {
      const { sessionId } = (await link.send('Target.attachToTarget', { targetId, flatten: true })) as {
        sessionId: string;
      };
      return new ChromiumTab(link, targetId, sessionId);
    };
    const known = new Set<string>();
    const fresh = async (): Promise<string[]> => {
      const { targetInfos } = (await link.send('Target.getTargets')) as {
        targetInfos: { targetId: string; type: string }[];
      };
      const ids = targetInfos.filter((info) => info.type === 'page' && !known.has(info.targetId));
      for (const { targetId } of ids) known.add(targetId);
      return ids.map((info) => info.targetId);
    };
    const [firstTarget] = await fresh();
    if (!firstTarget) throw new Error('Chromium opened no window');
    return {
      first: await attach(firstTarget),
      async newTab() {
        const { targetId } = (await link.send('Target.createTarget', { url: 'about:blank' })) as {
          targetId: string;
        };
        known.add(targetId);
        return attach(targetId);
      },
      opened: async () => Promise.all((await fresh()).map(attach)),
      async close() {
        await link.send('Browser.close').catch(() => undefined);
        link.close();
        await running.stop();
      },
    };
  } catch (error) {
    await running.stop();
    throw error;
  }
}
