import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { removeAbandoned, tearDown } from './network.ts';
import { randomFrom } from './random.ts';
import { record } from './record.ts';
import { firstContact } from './scenarios/first-contact.ts';
import { rollCall } from './scenarios/roll-call.ts';
import { smoke } from './scenarios/smoke.ts';

const usage = `Usage:
  npm run testbed -- record --scenario first-contact --out samples/first-contact [--seed 1] [--speed 1]
  npm run testbed -- clean      remove what a crashed run left behind

Scenarios: smoke (three clients, half a minute), roll-call (every client once, a few minutes),
first-contact (about 20 minutes). Needs root.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scenario: { type: 'string', default: 'smoke' },
    out: { type: 'string' },
    seed: { type: 'string', default: '1' },
    speed: { type: 'string', default: '1' },
  },
});
const say = (line: string) => process.stderr.write(`${line}\n`);

function wrong(what: string): never {
  say(`${what}\n${usage}`);
  process.exit(2);
}

if (process.getuid?.() !== 0) wrong('The testbed makes network namespaces: run it as root.');
const seed = Number(values.seed);
const speed = Number(values.speed);
if (!Number.isInteger(seed)) wrong(`--seed ${values.seed} is not a whole number.`);
if (!(speed > 0)) wrong(`--speed ${values.speed} is not a positive number.`);

switch (positionals[0]) {
  case 'clean':
    await removeAbandoned();
    for (const name of await readdir(tmpdir())) {
      if (/^ja4tb-/.test(name)) await rm(join(tmpdir(), name), { recursive: true });
    }
    break;
  case 'record': {
    if (!values.out) wrong('Say where to write with --out.');
    const random = randomFrom(seed);
    const scenarios = new Map([
      ['smoke', smoke],
      ['roll-call', rollCall],
      ['first-contact', () => firstContact(random)],
    ]);
    const scenario = scenarios.get(values.scenario);
    if (!scenario) wrong(`There is no scenario "${values.scenario}".`);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => void tearDown().finally(() => process.exit(1)));
    }
    await record({ scenario: scenario(), out: values.out, speed, report: say });
    break;
  }
  default:
    wrong('Say what to do.');
}
