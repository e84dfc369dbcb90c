import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Settings } from '../config/load-config.ts';
import { openStore, storeUrl } from '../store/open-store.ts';

/** One thing the platform needs from the machine. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  /** What was found, and what to do where that is not enough. */
  readonly what: string;
}

const capNetRawBit = 13n;
const wantedQueueLength = 512;
const wantedFreeBytes = 2 * 1024 ** 3;
/** No clock of a machine that runs this program can be older than the program. */
const oldestPlausibleTime = Date.UTC(2026, 0, 1);
const longestSocketPath = 107;

/** Everything the services need, checked one after the other without changing anything but the data folder. */
export async function runChecks(settings: Settings): Promise<Check[]> {
  return [
    checkNode(),
    checkCaptureRight(),
    checkTcpdump(),
    checkQueueLength(),
    checkSocketPath(settings),
    await checkDisk(settings),
    await checkStore(settings),
    await checkDashboardPort(settings),
    checkClock(),
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

function checkSocketPath({ sockets }: Settings): Check {
  const path = `${sockets.dir}/network.stream.socket`;
  const length = Buffer.byteLength(path);
  const fits = length <= longestSocketPath;
  return {
    name: 'socket path',
    state: fits ? 'ok' : 'failed',
    what: fits
      ? sockets.dir
      : `${path} has ${length} bytes, the limit is ${longestSocketPath}: set a shorter sockets.dir`,
  };
}

async function checkDisk({ data_dir: folder }: Settings): Promise<Check> {
  const name = 'disk';
  try {
    await mkdir(folder, { recursive: true });
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const gigabytes = `${(free / 1024 ** 3).toFixed(1)} GiB free in ${folder}`;
    return free >= wantedFreeBytes
      ? { name, state: 'ok', what: gigabytes }
      : { name, state: 'warning', what: `${gigabytes}: the store wants ${wantedFreeBytes / 1024 ** 3} GiB` };
  } catch (error) {
    return { name, state: 'failed', what: `${folder}: ${(error as Error).message}; set data_dir` };
  }
}

async function checkStore(settings: Settings): Promise<Check> {
  const name = 'store';
  const url = storeUrl(settings);
  try {
    const store = openStore(settings, 'live', 'reader');
    const answer = await store.client.ping();
    await store.close();
    if (answer.success) return { name, state: 'ok', what: `answers at ${url}` };
  } catch {
    // No password file yet: it has never run here.
  }
  if (settings.store.url !== undefined) {
    return { name, state: 'failed', what: `${url} does not answer: check store.url, user and password` };
  }
  const free = await canListen('127.0.0.1', settings.store.port);
  return free
    ? { name, state: 'ok', what: `not running; port ${settings.store.port} is free for it` }
    : {
        name,
        state: 'failed',
        what: `port ${settings.store.port} is taken by another program: set store.port`,
      };
}

async function checkDashboardPort({ dashboard: { host, port } }: Settings): Promise<Check> {
  const free = await canListen(host, port);
  return {
    name: 'dashboard port',
    state: free ? 'ok' : 'warning',
    what: free
      ? `${host}:${port} is free`
      : `${host}:${port} is taken, by a running dashboard or another program`,
  };
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}

function checkClock(): Check {
  const now = new Date();
  const plausible = now.getTime() >= oldestPlausibleTime;
  return {
    name: 'clock',
    state: plausible ? 'ok' : 'failed',
    what: plausible
      ? now.toISOString()
      : `${now.toISOString()} lies in the past: set the clock, or events are misplaced`,
  };
}
