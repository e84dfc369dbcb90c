import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../run.ts';

/** Makes an NSS store in a folder that trusts an authority (PEM) for servers; keeps the one that is there. */
export async function trustIn(folder: string, authority: string): Promise<void> {
  if (existsSync(join(folder, 'cert9.db'))) return;
  await mkdir(folder, { recursive: true });
  await run('certutil', ['-N', '-d', `sql:${folder}`, '--empty-password']);
  await run('certutil', ['-A', '-d', `sql:${folder}`, '-n', 'testbed', '-t', 'C,,', '-i', authority]);
}

/**
 * Adds an authority to the system's bundle as programs of this process see it: `ip netns exec` gave the process
 * a mount namespace of its own, so the machine's file stays as it is.
 */
export async function trustInNamespace(folder: string, authority: string): Promise<void> {
  const bundle = '/etc/ssl/certs/ca-certificates.crt';
  const both = join(folder, 'ca-certificates.crt');
  await writeFile(both, (await readFile(bundle, 'utf8')) + (await readFile(authority, 'utf8')));
  await run('mount', ['--bind', both, bundle]);
}
