import { readdir, readFile, rm } from 'node:fs/promises';
import { run, testbedMark } from './run.ts';
import { removeScratch } from './scratch-folder.ts';
import { abandonedSlots, type Slot } from './slot.ts';

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Ends whatever runs in a namespace. */
export async function endProcessesIn(namespace: string): Promise<void> {
  const pids = await run('ip', ['netns', 'pids', namespace]);
  for (const pid of pids.split('\n').filter(Boolean)) end(Number(pid));
}

/** Processes that a testbed started, in a namespace or not: they have its mark in their environment. */
async function processesOf({ prefix }: Slot): Promise<number[]> {
  const wanted = `${testbedMark}=${prefix}`;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const marked = await Promise.all(
    pids.map(async (pid) =>
      (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).split('\0').includes(wanted),
    ),
  );
  return pids.filter((_, i) => marked[i]).map(Number);
}

/** Removes every namespace and interface whose name begins so, and ends what still runs inside. */
export async function removeNamespaces(prefix: string): Promise<void> {
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

/** Removes all that the testbed of a slot has made on the machine: namespaces, processes, folders. */
export async function removeTraces(slot: Slot): Promise<void> {
  await removeNamespaces(slot.prefix);
  for (const pid of await processesOf(slot)) end(pid);
  for (const suffix of ['', '-wire', '-recording']) await removeScratch(slot.folder + suffix);
}

/** Removes what testbeds whose process has died left behind; those that still run are left alone. */
export async function removeAbandoned(): Promise<void> {
  for (const slot of await abandonedSlots()) {
    await removeTraces(slot);
    await rm(slot.claimFile, { force: true });
  }
}
