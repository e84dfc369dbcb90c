import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { operatorError } from '../operator-error.ts';
import { readableSystemError } from '../system-error.ts';
import { configPaths } from './config-paths.ts';
import { environmentOverrides, type Override } from './environment.ts';
import { nearestKey } from './nearest-key.ts';
import { type Config, configSchema } from './schema.ts';

export interface ConfigSource {
  /** `--config FILE`; without it `ja4.yml` in the working folder, if there is one. */
  readonly file?: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** From flags: they override everything. */
  readonly flags?: readonly Override[];
}

/** Settings that are complete, checked, and absolute where they are paths. */
export interface Settings extends Config {
  readonly sockets: Config['sockets'] & { readonly dir: string };
}

const defaultFile = 'ja4.yml';

function readFile(file: string | undefined): { name: string; tree: Record<string, unknown> } {
  const name = file ?? defaultFile;
  if (file === undefined && !existsSync(name)) return { name, tree: {} };
  let text: string;
  try {
    text = readFileSync(name, 'utf8');
  } catch (error) {
    throw operatorError('CONFIG_UNREADABLE', `${name}: ${readableSystemError(error)}`, 2);
  }
  const document = parseDocument(text, { prettyErrors: true });
  const problem = document.errors[0];
  if (problem !== undefined) {
    throw operatorError('CONFIG_NOT_YAML', `${name}: ${problem.message.split('\n')[0]}`, 2);
  }
  const tree: unknown = document.toJS() ?? {};
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) {
    throw operatorError('CONFIG_NOT_A_MAP', `${name}: expected sections such as "dashboard:" at the top`, 2);
  }
  return { name, tree: tree as Record<string, unknown> };
}

function assign(tree: Record<string, unknown>, override: Override): void {
  let node = tree;
  for (const key of override.path.slice(0, -1)) {
    const child = node[key];
    const next = typeof child === 'object' && child !== null ? { ...(child as Record<string, unknown>) } : {};
    node[key] = next;
    node = next;
  }
  node[override.path.at(-1) ?? ''] = override.value;
}

function describeIssue(issue: z.core.$ZodIssue, file: string, overrides: readonly Override[]): string {
  const where = (path: readonly PropertyKey[]) => path.map(String).join('.');
  const source = overrides.findLast((override) => where(issue.path).startsWith(where(override.path)));
  const prefix = source?.from ?? file;
  if (issue.code === 'unrecognized_keys') {
    const wrong = where([...issue.path, issue.keys[0] ?? '']);
    const all = configPaths().map(({ path }) => where(path));
    const sections = all.map((path) => path.split('.')[0] ?? path);
    const siblings = all.filter((path) => path.startsWith(`${where(issue.path)}.`));
    const nearest = nearestKey(wrong, issue.path.length > 0 ? siblings : [...new Set([...sections, ...all])]);
    return `${prefix}: ${wrong} is not a setting${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
  }
  return `${prefix}: ${where(issue.path)}: ${issue.message.replace(/^Invalid input: /, '')}`;
}

/**
 * The configuration from defaults, file, environment and flags, the later ones winning.
 * Throws an operator error (exit status 2) that names file or variable, path, reason and the nearest valid key.
 */
export function loadConfig(source: ConfigSource): Settings {
  const { name, tree } = readFile(source.file);
  const overrides = [...environmentOverrides(source.environment), ...(source.flags ?? [])];
  for (const override of overrides) assign(tree, override);
  const parsed = configSchema.safeParse(tree);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const line = issue === undefined ? `${name}: not valid` : describeIssue(issue, name, overrides);
    throw operatorError('CONFIG_INVALID', line, 2);
  }
  const dataDir = resolve(parsed.data.data_dir);
  return {
    ...parsed.data,
    data_dir: dataDir,
    sockets: { ...parsed.data.sockets, dir: resolve(parsed.data.sockets.dir ?? resolve(dataDir, 'run')) },
  };
}
