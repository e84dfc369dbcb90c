import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeAddress } from './address.ts';
import type { Store } from './connect.ts';
import { renderSql } from './sql-files.ts';
import { onCluster } from './topology/topology.ts';

/** The reference data that comes with the platform: own recordings, and the networks of the testbed. */
export const shippedReferenceData = fileURLToPath(new URL('../refdata/', import.meta.url));

export interface ReferenceDataOptions {
  /** Folder with some of the files below; default the shipped one. */
  directory?: string;
  /**
   * Whose entries these are, default `shipped`. Loading replaces all entries of the same origin; where two
   * origins disagree, one that is not `shipped` wins.
   */
  origin?: string;
}

/** Entries per file. */
export type ReferenceDataReport = Record<string, number>;

interface ReferenceFile {
  readonly file: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly dictionaries: readonly string[];
  /** What is wrong with an entry, if anything. */
  readonly problem: (entry: Record<string, string>) => string | undefined;
}

const referenceFiles: readonly ReferenceFile[] = [
  {
    file: 'networks.tsv',
    table: 'ref_networks',
    columns: ['prefix', 'asn', 'country_code', 'name', 'org', 'domain'],
    dictionaries: ['dict_iplocate_asn'],
    problem: ({ prefix, asn }) => prefixProblem(prefix) ?? asnProblem(asn),
  },
  {
    file: 'asn_labels.tsv',
    table: 'ref_asn_labels',
    columns: ['asn', 'label'],
    dictionaries: ['dict_asn_reputation'],
    problem: ({ asn, label }) => asnProblem(asn) ?? (label ? undefined : 'label is empty'),
  },
  {
    file: 'bot_networks.tsv',
    table: 'ref_bot_networks',
    columns: ['prefix', 'bot_name'],
    dictionaries: ['dict_bot_ip'],
    problem: ({ prefix, bot_name: name }) =>
      prefixProblem(prefix) ?? (name ? undefined : 'bot_name is empty'),
  },
  {
    file: 'bot_ja4.tsv',
    table: 'ref_bot_ja4',
    columns: ['ja4', 'bot_name'],
    dictionaries: ['dict_bot_ja4'],
    problem: ({ ja4, bot_name: name }) => (ja4 && name ? undefined : 'ja4 or bot_name is empty'),
  },
  {
    file: 'clients.tsv',
    table: 'ref_clients',
    columns: ['kind', 'fingerprint', 'name', 'library', 'context', 'source'],
    dictionaries: ['dict_browser_ja4', 'dict_browser_h2'],
    problem: clientProblem,
  },
];

/**
 * Loads the TSV files of a folder (with a header line; `#` starts a comment line) into the reference tables
 * and reloads their dictionaries. Files that are absent are left as they are in the store. Can be repeated.
 *
 * @throws Error with code REFERENCE_DATA_INVALID naming file, line and what is wrong, before anything changes.
 */
export async function loadReferenceData(
  store: Store,
  { directory = shippedReferenceData, origin = 'shipped' }: ReferenceDataOptions = {},
): Promise<ReferenceDataReport> {
  if (!/^[a-z0-9_-]{1,40}$/.test(origin))
    throw invalid(`origin "${origin}" must be lower case letters, digits, - and _`);
  const loads: { description: ReferenceFile; entries: Record<string, string>[] }[] = [];
  for (const description of referenceFiles) {
    const entries = await readEntries(join(directory, description.file), description);
    if (entries) loads.push({ description, entries });
  }
  for (const { description, entries } of loads) await replace(store, description.table, origin, entries);
  const everyServer = onCluster(store.topology);
  if (everyServer !== '') {
    // Each server loads its dictionaries from its own copy of the tables.
    for (const { description } of loads) {
      await system(store, `SYNC REPLICA${everyServer} ja4_processing.${description.table}`);
    }
  }
  for (const name of loads.flatMap(({ description }) => description.dictionaries)) {
    await system(store, `RELOAD DICTIONARY${everyServer} ja4_processing.${name}`);
  }
  return Object.fromEntries(loads.map(({ description, entries }) => [description.file, entries.length]));
}

async function system(store: Store, command: string): Promise<void> {
  await store.client.command({ query: renderSql(`SYSTEM ${command}`, store.databases) });
}

async function replace(
  store: Store,
  table: string,
  origin: string,
  entries: Record<string, string>[],
): Promise<void> {
  const qualified = `${store.databases.processing}.${table}`;
  await store.client.command({ query: `ALTER TABLE ${qualified} DROP PARTITION '${origin}'` });
  if (entries.length === 0) return;
  await store.client.insert({
    table: qualified,
    values: entries.map((entry) => ({ origin, ...entry })),
    format: 'JSONEachRow',
  });
}

async function readEntries(
  path: string,
  description: ReferenceFile,
): Promise<Record<string, string>[] | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return parseEntries(text, path, description);
}

function parseEntries(
  text: string,
  path: string,
  { columns, problem }: ReferenceFile,
): Record<string, string>[] {
  const lines = text
    .split(/\r?\n/)
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'));
  const header = lines.shift();
  if (header?.line !== columns.join('\t')) {
    throw invalid(`${path}: the first line must name the columns, separated by tabs: ${columns.join(' ')}`);
  }
  return lines.map(({ line, number }) => {
    const values = line.split('\t');
    if (values.length !== columns.length) {
      throw invalid(`${path}:${number}: ${values.length} columns instead of ${columns.length}`);
    }
    const entry = Object.fromEntries(columns.map((column, index) => [column, values[index] ?? '']));
    const wrong = problem(entry);
    if (wrong) throw invalid(`${path}:${number}: ${wrong}`);
    return entry;
  });
}

function prefixProblem(prefix = ''): string | undefined {
  const [address = '', bits = '', ...rest] = prefix.split('/');
  const longest = address.includes(':') ? 128 : 32;
  const fits = /^\d{1,3}$/.test(bits) && Number(bits) <= longest && rest.length === 0;
  return fits && writeAddress(address, new Uint8Array(16), 0)
    ? undefined
    : `"${prefix}" is not a network prefix`;
}

function asnProblem(asn = ''): string | undefined {
  return /^\d{1,10}$/.test(asn) && Number(asn) < 2 ** 32 ? undefined : `"${asn}" is not an AS number`;
}

function clientProblem({ kind = '', fingerprint, context = '' }: Record<string, string>): string | undefined {
  if (!['tls_stack', 'ja4', 'h2'].includes(kind)) return `kind "${kind}" is none of tls_stack, ja4, h2`;
  if (!['browser', 'tool'].includes(context)) return `context "${context}" is neither browser nor tool`;
  return fingerprint ? undefined : 'fingerprint is empty';
}

function invalid(message: string): Error {
  return Object.assign(new Error(message), { code: 'REFERENCE_DATA_INVALID' });
}
