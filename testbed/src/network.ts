import { mkdir, rm, writeFile } from 'node:fs/promises';
import { type Look, lookOf, settingsOf } from './look.ts';
import { endProcessesIn, removeNamespaces, removeTraces } from './remove.ts';
import { run } from './run.ts';
import { claimSlot, releaseSlot } from './slot.ts';
import { Wire } from './wire/wire.ts';

export const server = { name: 'shop.example', ipv4: '198.18.0.10', ipv6: '2001:db8:0:1::10' };

/** Where the server and its visitors meet. */
export interface Network {
  /** Begins the name of everything this testbed makes on the machine. */
  readonly prefix: string;
  /** Namespace of the server, or undefined when it is the machine's own. */
  readonly namespace: string | undefined;
  /** The server's interface, in that namespace: capture here, client → server packets are incoming. */
  readonly interface: string;
  /** Arguments that run a command where the server is: `[...network.inside, 'tcpdump', …]`. */
  readonly inside: readonly string[];
  readonly wire: Wire;
  /** Of the hosts' looks. */
  readonly seed: number;
}

/** A host: a namespace with one address at a time. */
export interface Client {
  readonly namespace: string;
  /** The present one: `moveClient` changes it. */
  readonly address: string;
  readonly look: Look;
  readonly inside: readonly string[];
}

interface Host extends Client {
  address: string;
  look: Look;
  readonly id: number;
  readonly network: Network;
}

export interface HostOptions {
  readonly address: string;
  /** Where it differs from the look that the address has under the network's seed. */
  readonly look?: Partial<Look>;
}

/** For the names of the clients' namespaces, which are never used twice within a process. */
let clientsMade = 0;
const hosts = new Map<Client, Host>();
let running: Network | undefined;

async function writeNames(namespace: string): Promise<void> {
  const folder = `/etc/netns/${namespace}`;
  await mkdir(folder, { recursive: true });
  await writeFile(
    `${folder}/hosts`,
    `127.0.0.1 localhost\n::1 localhost\n${server.ipv4} ${server.name}\n${server.ipv6} ${server.name}\n`,
  );
  await writeFile(`${folder}/resolv.conf`, '# No resolver: the testbed is closed.\n');
}

const atOnce = (lines: readonly string[]) => `${lines.join('\n')}\n`;

/**
 * Builds the server's side: an interface that carries the server's addresses, in a namespace of its own unless
 * `serverNamespace` is false (then in the machine's own network, for a platform that runs there).
 */
export async function buildNetwork(
  options: { serverNamespace?: boolean; seed?: number } = {},
): Promise<Network> {
  const { prefix, folder } = await claimSlot();
  await removeNamespaces(prefix);
  const name = `${prefix}-net`;
  const namespace = options.serverNamespace === false ? undefined : `${prefix}-server`;
  if (!namespace) await refuseSecondServer();
  if (namespace) {
    await run('ip', ['netns', 'add', namespace]);
    await writeNames(namespace);
  }
  const wire = await Wire.start(`${folder}-wire`);
  await wire.obey(`server ${namespace ? `/run/netns/${namespace}` : '-'} ${name}`);
  const lines = [
    'link set lo up',
    `link set ${name} arp off txqueuelen 20000 addrgenmode none up`,
    `addr add ${server.ipv4}/15 dev ${name}`,
    `addr add ${server.ipv6}/32 dev ${name} nodad`,
  ];
  await run('ip', [...(namespace ? ['-n', namespace] : []), '-batch', '-'], atOnce(lines));
  if (namespace) {
    await run('ip', ['netns', 'exec', namespace, 'sysctl', '-qw', 'net.unix.max_dgram_qlen=4096']);
  }
  const inside = namespace ? ['ip', 'netns', 'exec', namespace] : [];
  running = { prefix, namespace, interface: name, inside, wire, seed: options.seed ?? 1 };
  return running;
}

/** Testbeds in namespaces do not meet, but the machine's own network has room for one. */
async function refuseSecondServer(): Promise<void> {
  const addresses = await run('ip', ['-j', 'addr', 'show', 'to', server.ipv4]);
  if (!addresses.includes('"ifname"')) return;
  throw new Error(
    'Another testbed serves in the machine\'s own network: wait for it, or end it and run "clean".',
  );
}

/** Runs a command in a namespace (`inside` of a Network or Client) or, with nothing before it, here. */
export function runInside(inside: readonly string[], ...command: string[]): Promise<string> {
  const [program = '', ...args] = [...inside, ...command];
  return run(program, args);
}

function freeId(): number {
  const taken = new Set([...hosts.values()].map((host) => host.id));
  let id = 0;
  while (taken.has(id)) id++;
  return id;
}

const withPrefix = (address: string) => `${address}/${address.includes(':') ? '32' : '15'}`;

const addressLines = (address: string, look: Look, six = address.includes(':')) => [
  `addr replace ${withPrefix(address)} dev eth0${six ? ' nodad' : ''}`,
  `link set eth0 mtu ${look.mtu} up`,
  // Chromium asks for AAAA only where a route to this address exists; it sends nothing, and nobody answers.
  ...(six ? ['route replace 2001:4860:4860::8888/128 dev eth0'] : []),
];

/** What the wire has to know of a host at its address: where it is, half its round trip, how it looks. */
const placing = (id: number, address: string, look: Look) => [
  `at ${id} ${address} ${Math.round(look.rttMs * 500)} ${Math.round(look.jitterMs * 500)}`,
  ...settingsOf(look).map((setting) => `sysctl ${id} ${setting}`),
];

/**
 * Adds a host with one address. What it sends looks as on a wire (no offloads), with the hops, MTU, windows and
 * round trip of its look.
 */
export async function addClient(network: Network, options: HostOptions): Promise<Client> {
  const namespace = `${network.prefix}-c${clientsMade++}`;
  const look = { ...lookOf(options.address, network.seed), ...options.look };
  const inside = ['ip', 'netns', 'exec', namespace];
  const host: Host = { namespace, address: options.address, look, inside, id: freeId(), network };
  hosts.set(host, host);
  try {
    await run('ip', ['netns', 'add', namespace]);
    await writeNames(namespace);
    await network.wire.obey(`host ${host.id} /run/netns/${namespace} eth0`);
    const lines = ['link set lo up', 'link set eth0 arp off addrgenmode none up'];
    await run(
      'ip',
      ['-n', namespace, '-batch', '-'],
      atOnce([...lines, ...addressLines(host.address, look)]),
    );
    // Or taking away an address would take away those that were added after it.
    const setting = `sysctl ${host.id} ipv4/conf/eth0/promote_secondaries 1`;
    await network.wire.obey(setting, ...placing(host.id, host.address, look));
  } catch (error) {
    await removeClient(host);
    throw error;
  }
  return host;
}

/**
 * Gives a host another address, and that address's look. Connections from the old address are lost: let the
 * programs inside close them first.
 */
export async function moveClient(client: Client, options: HostOptions): Promise<void> {
  const host = hosts.get(client);
  if (!host) throw new Error(`${client.namespace} was removed, so it cannot move.`);
  const { address: left, network } = host;
  host.look = { ...lookOf(options.address, network.seed), ...options.look };
  host.address = options.address;
  // The new address first: a browser that sees a host without any takes itself offline.
  const lines = [
    ...addressLines(host.address, host.look),
    ...(left === host.address ? [] : [`addr del ${withPrefix(left)} dev eth0`]),
  ];
  await run('ip', ['-n', host.namespace, '-batch', '-'], atOnce(lines));
  await network.wire.obey(...placing(host.id, host.address, host.look));
}

/** Takes a host away with everything that runs in it. */
export async function removeClient(client: Client): Promise<void> {
  const host = hosts.get(client);
  if (!host) return;
  await endProcessesIn(client.namespace);
  await host.network.wire.obey(`gone ${host.id}`).catch(() => undefined);
  hosts.delete(client);
  await run('ip', ['netns', 'del', client.namespace]);
  await rm(`/etc/netns/${client.namespace}`, { recursive: true, force: true });
}

/** Removes this process's testbed from the machine. */
export async function tearDown(): Promise<void> {
  const slot = await claimSlot();
  await running?.wire.stop();
  running = undefined;
  hosts.clear();
  await removeTraces(slot);
  await releaseSlot();
}
