import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Running, start } from '../run.ts';
import { within } from '../time.ts';
import { Link } from './link.ts';
import type { Browser, BrowserOptions, Tab } from './tab.ts';

async function bidiAddress(running: Running): Promise<string> {
  const source = running.process.stderr;
  if (!source) throw new Error('Firefox has no stderr');
  for await (const line of createInterface({ input: source })) {
    const address = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1];
    if (address) return address;
  }
  throw new Error('Firefox did not start');
}

class FirefoxTab implements Tab {
  readonly #link: Link;
  readonly #context: string;

  constructor(link: Link, context: string) {
    this.#link = link;
    this.#context = context;
  }

  async goto(url: string): Promise<void> {
    await this.#link.send('browsingContext.navigate', { context: this.#context, url, wait: 'none' });
  }

  async evaluate(expression: string): Promise<unknown> {
    const answer = (await this.#link.send('script.evaluate', {
      expression: `JSON.stringify((${expression}) ?? null)`,
      target: { context: this.#context },
      awaitPromise: false,
    })) as { result?: { value?: string } };
    return answer.result?.value === undefined ? undefined : JSON.parse(answer.result.value);
  }

  #perform(actions: object[]): Promise<unknown> {
    return this.#link.send('input.performActions', { context: this.#context, actions });
  }

  async press(x: number, y: number, newTab: boolean): Promise<void> {
    const mouse = {
      type: 'pointer',
      id: 'mouse',
      parameters: { pointerType: 'mouse' },
      actions: [
        ...(newTab ? [{ type: 'pause' }] : []),
        { type: 'pointerMove', x: Math.round(x), y: Math.round(y), duration: 120 },
        { type: 'pointerDown', button: 0 },
        { type: 'pointerUp', button: 0 },
      ],
    };
    const control = {
      type: 'key',
      id: 'keys',
      actions: [
        { type: 'keyDown', value: '\uE009' },
        { type: 'pause' },
        { type: 'pause' },
        { type: 'pause' },
        { type: 'keyUp', value: '\uE009' },
      ],
    };
    await this.#perform(newTab ? [control, mouse] : [mouse]);
  }

  async wheel(x: number, y: number, deltaY: number): Promise<void> {
    const scroll = {
      type: 'scroll',
      x: Math.round(x),
      y: Math.round(y),
      deltaX: 0,
      deltaY: Math.round(deltaY),
    };
    await this.#perform([{ type: 'wheel', id: 'wheel', actions: [scroll] }]);
  }

  async key(character: string): Promise<void> {
    const value = character === '\n' ? '\uE007' : character;
    const actions = [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ];
    await this.#perform([{ type: 'key', id: 'keys', actions }]);
  }

  async back(): Promise<void> {
    await this.#link.send('browsingContext.traverseHistory', { context: this.#context, delta: -1 });
  }

  async show(): Promise<void> {
    await this.#link.send('browsingContext.activate', { context: this.#context });
  }

  async close(): Promise<void> {
    await this.#link.send('browsingContext.close', { context: this.#context });
  }
}

/** Nothing of the browser's own goes out, and a network without a default route counts as online. */
function preferences(language: string): string {
  const values: Record<string, string | boolean | number> = {
    'intl.accept_languages': language,
    'network.manage-offline-status': false,
    'network.connectivity-service.enabled': false,
    'network.captive-portal-service.enabled': false,
    'network.trr.mode': 5,
    'app.normandy.enabled': false,
    'browser.region.update.enabled': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    'toolkit.telemetry.enabled': false,
    'browser.sessionstore.resume_from_crash': false,
  };
  return Object.entries(values)
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join('');
}

/** Starts Debian's Firefox ESR with a profile and drives it over WebDriver BiDi. */
export async function launchFirefox(options: BrowserOptions & { home: string }): Promise<Browser> {
  await appendFile(join(options.profile, 'user.js'), preferences(options.language));
  const running = start(
    'firefox-esr',
    [
      ...['--headless', '--no-remote', '--profile', options.profile, '--remote-debugging-port', '0'],
      ...['--window-size', `${options.width},${options.height}`],
    ],
    { env: { ...process.env, HOME: options.home, MOZ_CRASHREPORTER_DISABLE: '1' }, stderr: 'pipe' },
  );
  try {
    const address = await within(60_000, 'Starting Firefox', bidiAddress(running));
    running.process.stderr?.resume();
    const link = await Link.open(`${address}/session`);
    await link.send('session.new', { capabilities: {} });
    const known = new Set<string>();
    const fresh = async (): Promise<Tab[]> => {
      const { contexts } = (await link.send('browsingContext.getTree', { maxDepth: 0 })) as {
        contexts: { context: string }[];
      };
      const ids = contexts.map(({ context }) => context).filter((context) => !known.has(context));
      for (const context of ids) known.add(context);
      return ids.map((context) => new FirefoxTab(link, context));
    };
    const [first] = await fresh();
    if (!first) throw new Error('Firefox opened no window');
    return {
      first,
      async newTab() {
        const { context } = (await link.send('browsingContext.create', { type: 'tab' })) as {
          context: string;
        };
        known.add(context);
        return new FirefoxTab(link, context);
      },
      opened: fresh,
      async close() {
        await link.send('browser.close').catch(() => undefined);
        link.close();
        await running.stop();
      },
    };
  } catch (error) {
    await running.stop();
    throw error;
  }
}
