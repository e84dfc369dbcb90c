import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a recording says of itself in recording.json, as far as the page wants to know. */
export interface Description {
  /** How it was made, a sentence each. */
  readonly sentences: readonly string[];
  /** Kinds that it had to do without, each with the reason. */
  readonly leftOut: ReadonlyMap<string, string>;
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

function parsed(text: string): Record<string, unknown> {
  try {
    return record(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Recordings of former days have no description: then there is little to say. */
export async function descriptionOf(folder: string): Promise<Description> {
  const said = parsed(await readFile(join(folder, 'recording.json'), 'utf8').catch(() => ''));
  const facts = ['scenario', 'seed', 'speed', 'server', 'hours'].flatMap((key) => {
    const value = said[key];
    return typeof value === 'string' || typeof value === 'number' ? [`${key} ${value}`] : [];
  });
  const versions = Object.entries(record(said.versions)).map(
    ([name, version]) => `${name} ${String(version)}`,
  );
  const leftOut = new Map<string, string>();
  for (const entry of Array.isArray(said.leftOut) ? said.leftOut : []) {
    const { client, why } = record(entry);
    if (typeof client === 'string' && typeof why === 'string') leftOut.set(client, why);
  }
  return {
    sentences: [
      facts.length > 0 ? `${facts.join(', ')}.` : 'a recording without a description of its own.',
      ...(versions.length > 0 ? [`With ${versions.join(', ')}.`] : []),
    ],
    leftOut,
  };
}
