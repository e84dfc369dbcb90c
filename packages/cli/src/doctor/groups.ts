import { spawnSync } from 'node:child_process';

/** A group's number; undefined when none is named, or there is no such group, or no getent to ask. */
export function groupId(group: string | undefined): number | undefined {
  if (group === undefined) return undefined;
  if (/^\d+$/.test(group)) return Number(group);
  const { status, stdout } = spawnSync('getent', ['group', group], { encoding: 'utf8' });
  return status === 0 ? Number(stdout.split(':')[2]) : undefined;
}

/** Whether there is a group of this name or number; true where nobody can say (the service will). */
export function groupExists(group: string): boolean {
  if (/^\d+$/.test(group)) return true;
  const { status, error } = spawnSync('getent', ['group', group]);
  return error !== undefined || status === 0;
}
