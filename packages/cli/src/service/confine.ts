import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Logger } from 'pino';

/** What a service is left with for the rest of its life; nobody can take it back, neither it nor what it starts. */
export interface Confinement {
  /** Folders and devices that it may write to; absent = wherever its user may. */
  readonly writable?: readonly string[];
  /** TCP ports that it may listen on and connect to; absent = any. */
  readonly ports?: { readonly listen: readonly number[]; readonly connect: readonly number[] };
}

/** Says in the process that was started anew that it is confined; no setting, so not among JA4_…. */
const variable = 'CONFINED_BY';

const PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
const F_SETFD = 2;
const SYS_landlock_create_ruleset = 444;
const SYS_landlock_add_rule = 445;
const SYS_landlock_restrict_self = 446;
const LANDLOCK_CREATE_RULESET_VERSION = 1;
const LANDLOCK_RULE_PATH_BENEATH = 1;
const LANDLOCK_RULE_NET_PORT = 2;
const O_PATH = 0o10000000;

/** Rights of Landlock (landlock(7)) that change files, and the ABI that has brought them. */
const writeFile = 1n << 1n;
const changing: readonly (readonly [abi: number, rights: bigint])[] = [
  // WRITE_FILE; REMOVE_DIR to MAKE_SYM
  [1, writeFile | 0x1ff0n],
  // REFER
  [2, 1n << 13n],
  // TRUNCATE
  [3, 1n << 14n],
];
const portsSince = 4;
const bindTcp = 1n;
const connectTcp = 2n;

interface Kernel {
  prctl(option: number, a: number): number;
  keepOnExec(fd: number): void;
  landlockAbi(): number;
  createRuleset(attributes: Buffer): number;
  addRule(ruleset: number, kind: number, attributes: Buffer): number;
  restrictSelf(ruleset: number): number;
}

async function kernel(): Promise<Kernel> {
  const { default: koffi } = await import('koffi');
  const libc = koffi.load(null);
  const prctl = libc.func('int prctl(int option, ulong a, ulong b, ulong c, ulong d)');
  const fcntl = libc.func('int fcntl(int fd, int command, long value)');
  const create = libc.func('syscall', 'long', ['long', 'void *', 'size_t', 'uint32']);
  const add = libc.func('syscall', 'long', ['long', 'int', 'int', 'void *', 'uint32']);
  const restrict = libc.func('syscall', 'long', ['long', 'int', 'uint32']);
  return {
    prctl: (option, a) => prctl(option, a, 0, 0, 0),
    keepOnExec: (fd) => fcntl(fd, F_SETFD, 0),
    landlockAbi: () => create(SYS_landlock_create_ruleset, null, 0, LANDLOCK_CREATE_RULESET_VERSION),
    createRuleset: (attributes) => create(SYS_landlock_create_ruleset, attributes, attributes.length, 0),
    addRule: (ruleset, kind, attributes) => add(SYS_landlock_add_rule, ruleset, kind, attributes, 0),
    restrictSelf: (ruleset) => restrict(SYS_landlock_restrict_self, ruleset, 0),
  };
}

/**
 * Takes away from this service what it does not need, before it has done anything: capabilities that it inherited,
 * and, with Landlock, files and addresses. Both belong to a thread and Node has many, so the main thread gives them
 * up and starts the same command line anew in this process: it does not return the first time.
 */
export async function confine({ writable, ports }: Confinement, log: Logger): Promise<void> {
  const by = process.env[variable];
  if (by !== undefined) {
    delete process.env[variable];
    log.debug({ by, writable, ports }, 'confined');
    return;
  }
  if (process.platform !== 'linux' || process.execve === undefined) return;
  if (writable === undefined && ports === undefined && !hasAmbientCapability()) return;
  try {
    const system = await kernel();
    const abi = system.landlockAbi();
    if (abi < 1)
      log.info('this kernel has no Landlock: files and addresses are kept from the engine by its own rules');
    if (system.prctl(PR_SET_NO_NEW_PRIVS, 1) !== 0) throw new Error('PR_SET_NO_NEW_PRIVS is refused');
    // Where there are none, or the kernel is older than them, nothing is left to clear.
    system.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
    if (abi >= 1) restrict(system, abi, writable, ports);
    startAnew(system, abi >= 1 ? `landlock ${abi}` : 'user');
  } catch (error) {
    log.warn({ error: String(error) }, 'the service runs without being confined');
  }
}

/** Capabilities that systemd gives to everything below a unit; root's own come back anyway. */
function hasAmbientCapability(): boolean {
  return /^CapAmb:\s*0*[1-9a-f]/m.test(readFileSync('/proc/self/status', 'latin1'));
}

function restrict(
  system: Kernel,
  abi: number,
  writable: Confinement['writable'],
  ports: Confinement['ports'],
): void {
  const files = changing.reduce((all, [since, rights]) => (abi >= since ? all | rights : all), 0n);
  const limitsPorts = ports !== undefined && abi >= portsSince;
  const handled = Buffer.alloc(abi >= portsSince ? 16 : 8);
  if (writable !== undefined) handled.writeBigUInt64LE(files);
  if (limitsPorts) handled.writeBigUInt64LE(bindTcp | connectTcp, 8);
  const ruleset = system.createRuleset(handled);
  if (ruleset < 0) throw new Error('landlock_create_ruleset is refused');
  try {
    for (const path of writable ?? []) allowBeneath(system, ruleset, path, files);
    if (limitsPorts) {
      for (const port of ports.listen) allowPort(system, ruleset, port, bindTcp);
      for (const port of ports.connect) allowPort(system, ruleset, port, connectTcp);
    }
    if (system.restrictSelf(ruleset) !== 0) throw new Error('landlock_restrict_self is refused');
  } finally {
    closeSync(ruleset);
  }
}

/** struct landlock_path_beneath_attr, packed: rights u64, descriptor s32. */
function allowBeneath(system: Kernel, ruleset: number, path: string, rights: bigint): void {
  const fd = openSync(path, O_PATH);
  try {
    const rule = Buffer.alloc(12);
    const isDevice = path.startsWith('/dev/');
    rule.writeBigUInt64LE(isDevice ? writeFile : rights);
    rule.writeInt32LE(fd, 8);
    if (system.addRule(ruleset, LANDLOCK_RULE_PATH_BENEATH, rule) !== 0)
      throw new Error(`landlock_add_rule is refused for ${path}`);
  } finally {
    closeSync(fd);
  }
}

/** struct landlock_net_port_attr: rights u64, port u64. */
function allowPort(system: Kernel, ruleset: number, port: number, rights: bigint): void {
  const rule = Buffer.alloc(16);
  rule.writeBigUInt64LE(rights);
  rule.writeBigUInt64LE(BigInt(port), 8);
  if (system.addRule(ruleset, LANDLOCK_RULE_NET_PORT, rule) !== 0)
    throw new Error(`landlock_add_rule is refused for port ${port}`);
}

/** The same command line once more in this process, with the channel to the supervisor. */
function startAnew(system: Kernel, by: string): void {
  const environment: NodeJS.ProcessEnv = { ...process.env, [variable]: by };
  const channel = channelDescriptor();
  if (channel !== undefined) {
    system.keepOnExec(channel);
    environment.NODE_CHANNEL_FD = String(channel);
  }
  process.execve?.(
    process.execPath,
    [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    environment,
  );
}

/** The descriptor of the channel to the supervisor, whose number Node has taken out of the environment. */
function channelDescriptor(): number | undefined {
  if (process.channel === undefined || process.channel === null) return undefined;
  const fd: unknown = Reflect.get(process.channel, 'fd');
  return typeof fd === 'number' ? fd : undefined;
}
