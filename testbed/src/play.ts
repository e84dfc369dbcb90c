import type { Surroundings } from './clients/kind.ts';
import { type LabelledTime, runClient } from './clients/run-client.ts';
import type { Network } from './network.ts';
import type { Planned, Scenario } from './scenarios/plan.ts';
import { pause } from './time.ts';

/** Lets at most `places` work at a time; the others wait in line. */
class Turns {
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#line.push(resolve));
  }

  give(): void {
    const next = this.#line.shift();
    if (next) next();
    else this.#free++;
  }
}

/** Plays a scenario to its end and returns who was where and when. A client that cannot run is reported, not fatal. */
export async function play(
  network: Network,
  around: Surroundings,
  scenario: Scenario,
  report: (line: string) => void,
): Promise<LabelledTime[]> {
  const began = Date.now();
  const browsers = new Turns(scenario.browsersAtOnce);
  const addresses = new Map<string, Turns>();
  const labels: LabelledTime[] = [];
  const appear = async (planned: Planned) => {
    await pause((planned.at * 1000) / around.speed);
    const address = addresses.get(planned.address) ?? new Turns(1);
    addresses.set(planned.address, address);
    const isBrowser = planned.client.startsWith('chromium') || planned.client === 'firefox';
    await address.take();
    if (isBrowser) await browsers.take();
    try {
      const label = await runClient(network, around, planned);
      labels.push(label);
      const seconds = Math.round((label.to.getTime() - label.from.getTime()) / 1000);
      const trouble = label.exitCode === 0 ? '' : ` exit ${label.exitCode}: ${label.stderr.slice(-400)}`;
      const clock = Math.round((Date.now() - began) / 1000);
      report(
        `${clock} s: ${planned.client} ${planned.persona ?? ''} from ${planned.address}, ${seconds} s${trouble}`,
      );
    } catch (error) {
      report(`${planned.client} from ${planned.address} did not run: ${String(error)}`);
    } finally {
      if (isBrowser) browsers.give();
      address.give();
    }
  };
  await Promise.all(scenario.plan.map(appear));
  return labels.sort((a, b) => a.from.getTime() - b.from.getTime());
}
