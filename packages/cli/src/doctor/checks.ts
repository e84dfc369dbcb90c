import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Settings } from '../config/load-config.ts';
import { openStore, storeUrl } from '../store/open-store.ts';
import type { Check } from './check.ts';
import { checkClock } from './clock.ts';
import { checkDisk } from './disk.ts';
import { checkSockets } from './folders.ts';
import { ask, canListen, checkDashboardPort, checkHealthPorts } from './ports.ts';
import { checkSocketAccess } from './socket-access.ts';

const capNetRawBit = 13n;
const wantedQueueLength = 512;
/** A store that hangs is found out in this time, milliseconds. */
const storeTimeoutMs = 5_000;

/** Everything the services need, checked one after the other, without changing anything. */
export async function runChecks(settings: Settings): Promise<Check[]> {
  return [
    checkNode(),
    checkCaptureRight(),
    checkInterface(settings),
    checkTcpdump(),
    checkQueueLength(),
    checkSockets(settings),
    checkSocketAccess(settings),
    await checkDisk(settings),
    await checkStore(settings),
    await checkDashboardPort(settings),
    await checkHealthPorts(settings),
    await checkClock(settings),
  ];
}

function checkNode(): Check {
  const wanted = Number(process.versions.node.split('.')[0]) >= 24;
  return { name: 'Node', state: wanted ? 'ok' : 'failed', what: process.version };
}

function checkCaptureRight(): Check {
  const name = 'capture right';
  try {
    const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    const held = line?.[1] !== undefined && (BigInt(`0x${line[1]}`) >> capNetRawBit) & 1n;
    if (held) return { name, state: 'ok', what: 'CAP_NET_RAW is held' };
    return {
      name,
      state: 'warning',
      what: 'no CAP_NET_RAW: live capture needs root or AmbientCapabilities=CAP_NET_RAW in the unit; the rest works',
    };
  } catch {
    return { name, state: 'warning', what: 'capabilities cannot be read: live capture needs Linux' };
  }
}

function checkInterface({ sentinel: { interface: wanted } }: Settings): Check {
  const name = 'interface';
  const what = wanted.join(', ');
  if (wanted.includes('any')) return { name, state: 'ok', what };
  try {
    const found = readdirSync('/sys/class/net');
    const missing = wanted.filter((one) => !found.includes(one));
    if (missing.length === 0) return { name, state: 'ok', what };
    return {
      name,
      // The sentinel waits for one that is missing, as long as there is another.
      state: missing.length < wanted.length ? 'warning' : 'failed',
      what: `there is no ${missing.join(', ')}: set sentinel.interface to some of ${[...found, 'any'].join(', ')}`,
    };
  } catch {
    return { name, state: 'warning', what: `${what}: interfaces cannot be listed, live capture needs Linux` };
  }
}

function checkTcpdump(): Check {
  const found = spawnSync('tcpdump', ['--version']).error === undefined;
  return {
    name: 'tcpdump',
    state: found ? 'ok' : 'warning',
    what: found
      ? 'found'
      : 'not found: needed for own capture filters and as the fallback; apt-get install tcpdump',
  };
}

function checkQueueLength(): Check {
  const name = 'socket queue';
  try {
    const length = Number(readFileSync('/proc/sys/net/unix/max_dgram_qlen', 'utf8'));
    if (length >= wantedQueueLength)
      return { name, state: 'ok', what: `net.unix.max_dgram_qlen is ${length}` };
    return {
      name,
      state: 'warning',
      what:
        `net.unix.max_dgram_qlen is ${length}: bursts of requests are lost before they are read; ` +
        `sysctl -w net.unix.max_dgram_qlen=${wantedQueueLength}`,
    };
  } catch {
    return {
      name,
      state: 'warning',
      what: 'net.unix.max_dgram_qlen cannot be read: UNIX datagrams need Linux',
    };
  }
}

async function checkStore(settings: Settings): Promise<Check> {
  const name = 'store';
  const url = storeUrl(settings);
  const why = await storeRefusal(settings);
  if (why === undefined) return { name, state: 'ok', what: `answers at ${url}` };
  if (settings.store.url !== undefined) {
    return { name, state: 'failed', what: `${url}: ${why}: check store.url, user and password` };
  }
  const { port } = settings.store;
  if (await canListen('127.0.0.1', port)) {
    return { name, state: 'ok', what: `not running; port ${port} is free for it` };
  }
  const answer = await ask('127.0.0.1', port, '/ping');
  if (answer.kind === 'silent') {
    const what = `what listens on port ${port} does not answer: the store hangs, or is stopped (kill -CONT)`;
    return { name, state: 'failed', what };
  }
  const isStore = answer.kind === 'text' && answer.text.startsWith('Ok');
  return {
    name,
    state: 'failed',
    what: isStore
      ? `one answers on port ${port}, but not to this user and data_dir (${why})`
      : `port ${port} is taken by another program: set store.port`,
  };
}

/** Why the store does not take a statement of ours; undefined = it does. */
async function storeRefusal(settings: Settings): Promise<string | undefined> {
  try {
    const store = openStore(settings, 'live', 'reader', { requestTimeoutMs: storeTimeoutMs });
    try {
      const result = await store.client.ping({ select: true });
      return result.success ? undefined : firstLine(result.error.message);
    } finally {
      await store.close();
    }
  } catch (error) {
    return firstLine((error as Error).message);
  }
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').replace(/\.\s*$/, '');
