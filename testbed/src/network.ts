import { mkdir, rm, writeFile } from 'node:fs/promises';
import { run } from './run.ts';
import { abandonedSlots, claimSlot, releaseSlot } from './slot.ts';

export const server = { name: 'shop.example', ipv4: '198.18.0.10', ipv6: '2001:db8:0:1::10' };

/** One address block of the plan (RFC 2544 and RFC 3849 ranges). Path MTUs differ as access links do. */
export interface AccessNetwork {
  readonly name: string;
  readonly asn: number;
  readonly ipv4: string;
  readonly ipv6?: string;
  readonly mtu: number;
}

export const networks = {
  north: { name: 'Testbed Access North', asn: 64500, ipv4: '198.18.16.0', ipv6: '2001:db8:16::', mtu: 1500 },
  south: { name: 'Testbed Access South', asn: 64501, ipv4: '198.18.32.0', mtu: 1492 },
  mobile: { name: 'Testbed Mobile', asn: 64502, ipv4: '198.18.48.0', mtu: 1430 },
  hosting: { name: 'Testbed Hosting', asn: 64510, ipv4: '198.19.0.0', mtu: 1500 },
  cloud: { name: 'Testbed Cloud', asn: 64511, ipv4: '198.19.16.0', mtu: 1500 },
  vpn: { name: 'Testbed VPN', asn: 64512, ipv4: '198.19.32.0', mtu: 1420 },
  crawler: { name: 'Testbed Crawler Co', asn: 64513, ipv4: '198.19.48.0', mtu: 1500 },
} as const satisfies Record<string, AccessNetwork>;
export type NetworkName = keyof typeof networks;

/** An IPv4 address of a network: host 0 is its first usable address, each network has 4094. */
export function ipv4Of(network: NetworkName, host: number): string {
  const octets = networks[network].ipv4.split('.').map(Number);
  const offset = host + 1;
  return `${octets[0]}.${octets[1]}.${(octets[2] ?? 0) + (offset >> 8)}.${offset & 255}`;
}

/** An IPv6 address of the North network; every host has a /64 of its own, as homes do. */
export function ipv6Of(host: number): string {
  return `2001:db8:16:${(host + 1).toString(16)}::${(0x1000 + host * 7).toString(16)}`;
}

/** Where the server and the bridge live. */
export interface Network {
  /** Begins the name of everything this testbed makes on the machine. */
  readonly prefix: string;
  /** Namespace of the server, or undefined when it is the machine's own. */
  readonly namespace: string | undefined;
  /** The server's interface, in that namespace: capture here, client → server packets are incoming. */
  readonly interface: string;
  /** Arguments that run a command where the server is: `[...network.inside, 'tcpdump', …]`. */
  readonly inside: readonly string[];
}

export interface Client {
  readonly namespace: string;
  readonly address: string;
  readonly inside: readonly string[];
}

/** Names for the clients' namespaces; never reused within a process, so late packets cannot meet a newcomer. */
let clientsMade = 0;

async function writeNames(namespace: string): Promise<void> {
  const folder = `/etc/netns/${namespace}`;
  await mkdir(folder, { recursive: true });
  await writeFile(
    `${folder}/hosts`,
    `127.0.0.1 localhost\n::1 localhost\n${server.ipv4} ${server.name}\n${server.ipv6} ${server.name}\n`,
  );
  await writeFile(`${folder}/resolv.conf`, '# No resolver: the testbed is closed.\n');
}

/**
 * Builds the server's side: a bridge that carries the server's addresses, in a namespace of its own unless
 * `serverNamespace` is false (then in the machine's own network, for a platform that runs there).
 */
export async function buildNetwork(options: { serverNamespace?: boolean } = {}): Promise<Network> {
  const { prefix } = await claimSlot();
  await removeAll(prefix);
  const bridge = `${prefix}-br`;
  const namespace = options.serverNamespace === false ? undefined : `${prefix}-server`;
  if (!namespace) await refuseSecondServer();
  if (namespace) {
    await run('ip', ['netns', 'add', namespace]);
    await writeNames(namespace);
  }
  const inside = namespace ? ['ip', 'netns', 'exec', namespace] : [];
  const lines = [
    'link set lo up',
    // A bridge without an address of its own takes its ports' lowest, and changes it as clients come and go.
    `link add ${bridge} address 02:00:5e:00:53:10 type bridge stp_state 0`,
    `addr add ${server.ipv4}/15 dev ${bridge}`,
    `addr add ${server.ipv6}/32 dev ${bridge} nodad`,
    `link set ${bridge} up`,
  ];
  await run('ip', [...(namespace ? ['-n', namespace] : []), '-batch', '-'], `${lines.join('\n')}\n`);
  if (namespace) {
    await run('ip', ['netns', 'exec', namespace, 'sysctl', '-qw', 'net.unix.max_dgram_qlen=4096']);
  }
  return { prefix, namespace, interface: bridge, inside };
}

/** Testbeds in namespaces do not meet, but the machine's own network has room for one. */
async function refuseSecondServer(): Promise<void> {
  const addresses = await run('ip', ['-j', 'addr', 'show', 'to', server.ipv4]);
  if (!addresses.includes('"ifname"')) return;
  throw new Error(
    'Another testbed serves in the machine\'s own network: wait for it, or end it and run "clean".',
  );
}

const offloads = ['tx', 'off', 'tso', 'off', 'gso', 'off', 'gro', 'off'];

/** Runs a command in a namespace (`inside` of a Network or Client) or, with nothing before it, here. */
export function runInside(inside: readonly string[], ...command: string[]): Promise<string> {
  const [program = '', ...args] = [...inside, ...command];
  return run(program, args);
}

/**
 * Adds a host with one address. Segmentation and checksum offload are off on its link, so what the server's
 * side captures looks as it would on a wire. `hops` is subtracted from the system's initial TTL of 64.
 */
export async function addClient(
  network: Network,
  options: { address: string; mtu: number; hops: number },
): Promise<Client> {
  const id = clientsMade++;
  const namespace = `${network.prefix}-c${id}`;
  const port = `${network.prefix}c${id}`;
  const six = options.address.includes(':');
  await run('ip', ['netns', 'add', namespace]);
  await writeNames(namespace);
  const at = network.namespace ? ['-n', network.namespace] : [];
  const peer = ['peer', 'name', 'eth0', 'netns', namespace];
  await run('ip', [...at, 'link', 'add', port, 'type', 'veth', ...peer]);
  await run('ip', [...at, 'link', 'set', port, 'master', network.interface, 'up']);
  const lines = [
    'link set lo up',
    `addr add ${options.address}/${six ? '32' : '15'} dev eth0${six ? ' nodad' : ''}`,
    `link set eth0 mtu ${options.mtu} up`,
    // Chromium asks for AAAA only where a route to this address exists; it sends nothing, and nobody answers.
    ...(six ? ['route add 2001:4860:4860::8888/128 dev eth0'] : []),
  ];
  await run('ip', ['-n', namespace, '-batch', '-'], `${lines.join('\n')}\n`);
  const inside = ['ip', 'netns', 'exec', namespace];
  await runInside(inside, 'ethtool', '-K', 'eth0', ...offloads);
  await runInside(network.inside, 'ethtool', '-K', port, ...offloads);
  const ttl = String(64 - options.hops);
  await runInside(
    inside,
    'sysctl',
    '-qw',
    `net.ipv4.ip_default_ttl=${ttl}`,
    `net.ipv6.conf.eth0.hop_limit=${ttl}`,
  );
  return { namespace, address: options.address, inside };
}

async function endProcessesIn(namespace: string): Promise<void> {
  for (const pid of (await run('ip', ['netns', 'pids', namespace])).split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}

export async function removeClient(client: Client): Promise<void> {
  await endProcessesIn(client.namespace);
  await run('ip', ['netns', 'del', client.namespace]);
  await rm(`/etc/netns/${client.namespace}`, { recursive: true, force: true });
}

/** Removes this process's testbed from the machine. */
export async function tearDown(): Promise<void> {
  const { prefix } = await claimSlot();
  await removeAll(prefix);
  await releaseSlot();
}

/** Removes what testbeds whose process has died left behind; those that still run are left alone. */
export async function removeAbandoned(): Promise<void> {
  for (const { prefix, folder } of await abandonedSlots()) {
    await removeAll(prefix);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes every namespace and interface whose name begins so, and ends what still runs inside. */
async function removeAll(prefix: string): Promise<void> {
  // Again while there are any: a run that is being interrupted may still add or remove some meanwhile.
  for (let round = 0; round < 5; round++) {
    const names = (await run('ip', ['netns', 'list'])).split('\n').map((line) => line.split(' ')[0] ?? '');
    const ours = names.filter((name) => name.startsWith(`${prefix}-`));
    if (ours.length === 0) break;
    for (const name of ours) {
      await endProcessesIn(name).catch(() => undefined);
      await run('ip', ['netns', 'del', name]).catch(() => undefined);
      await rm(`/etc/netns/${name}`, { recursive: true, force: true });
    }
  }
  for (const link of JSON.parse(await run('ip', ['-j', 'link', 'show'])) as { ifname: string }[]) {
    if (link.ifname.startsWith(prefix)) await run('ip', ['link', 'del', link.ifname]).catch(() => '');
  }
}
