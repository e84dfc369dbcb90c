import { parseArgs } from 'node:util';
import { writeClientsPage } from './client-table/command.ts';
import { tearDown } from './network.ts';
import { randomFrom } from './random.ts';
import { record } from './recording/record.ts';
import { removeAbandoned } from './remove.ts';
import { availableKinds, isScenario, scenarios } from './scenarios/scenarios.ts';
import { type ServerName, servers } from './servers/servers.ts';

const usage = `Usage:
  npm run testbed -- record --scenario NAME --out DIR [--seed 1] [--server apache] [--speed X]
  npm run testbed -- clients --recording DIR [--out docs/clients.md]
                                what every client looks like, as a page
  npm run testbed -- kinds      what clients this machine has, and what is missing for the others
  npm run testbed -- clean      remove what a crashed run left behind

Scenarios: smoke (three clients, half a minute), roll-call (every client once, a few minutes), ci (a little of
everything, five minutes at most), first-contact (the bundled sample, a quarter of an hour), full (a thousand
visits of people and every bot twenty times, 40 minutes at most on two cores).
Servers: ${Object.keys(servers).join(', ')}. Speed compresses think time; scenarios have one of their own. Needs root.
`;

const say = (line: string) => process.stderr.write(`${line}\n`);

function wrong(what: string): never {
  say(`${what}\n${usage}`);
  process.exit(2);
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        scenario: { type: 'string', default: 'smoke' },
        out: { type: 'string' },
        recording: { type: 'string' },
        seed: { type: 'string', default: '1' },
        server: { type: 'string', default: 'apache' },
        speed: { type: 'string' },
      },
    });
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}

const { values, positionals } = parse();

function isServer(name: string): name is ServerName {
  return Object.hasOwn(servers, name);
}

function listKinds(): void {
  const { kinds, leftOut } = availableKinds();
  for (const [client, { label }] of kinds) say(`${client.padEnd(30)} ${label}`);
  for (const { client, why } of leftOut) say(`${client.padEnd(30)} missing: ${why}`);
}

async function recordScenario(): Promise<void> {
  const seed = Number(values.seed);
  const { scenario: name, server, out } = values;
  if (!out) wrong('Say where to write with --out.');
  if (!Number.isInteger(seed)) wrong(`--seed ${values.seed} is not a whole number.`);
  if (!isScenario(name)) wrong(`There is no scenario "${name}".`);
  if (!isServer(server)) wrong(`There is no server "${server}".`);
  const { kinds, leftOut } = availableKinds();
  const scenario = scenarios[name](randomFrom(seed), kinds);
  const speed = Number(values.speed ?? scenario.speed);
  if (!(speed > 0)) wrong(`--speed ${values.speed} is not a positive number.`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      say('Interrupted: taking everything away.');
      void tearDown().finally(() => process.exit(1));
    });
  }
  await record({ scenario, seed, speed, server, out, leftOut, report: say });
}

async function writeClients(): Promise<void> {
  const { recording, out = 'docs/clients.md' } = values;
  if (!recording) wrong('Say with --recording which recording to read.');
  await writeClientsPage({ recording, out, report: say });
}

function fail(error: unknown): void {
  say(`testbed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

if (!['kinds', 'clients'].includes(positionals[0] ?? '') && process.getuid?.() !== 0) {
  wrong('The testbed makes network namespaces: run it as root.');
}
switch (positionals[0]) {
  case 'clean':
    await removeAbandoned();
    break;
  case 'clients':
    await writeClients().catch(fail);
    break;
  case 'kinds':
    listKinds();
    break;
  case 'record':
    await recordScenario().catch(fail);
    break;
  default:
    wrong('Say what to do.');
}
