import { isIPv6 } from 'node:net';
import { operatorError } from '../operator-error.ts';
import { configPaths } from './config-paths.ts';
import { nearestKey } from './nearest-key.ts';

/** A value for one path of the configuration, and where it came from. */
export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly from: string;
}

/** Names by which the original's deployments already set the same things. */
const aliases: Readonly<Record<string, string>> = {
  FINGERPRINT_COHERENCE_THRESHOLD: 'detector.fingerprint_coherence_threshold',
  AE_WEIGHT: 'detector.ae_weight',
  XGB_WEIGHT: 'detector.xgb_weight',
  CYCLE_INTERVAL_SEC: 'detector.cycle_s',
  CLICKHOUSE_USER: 'store.user',
  CLICKHOUSE_PASSWORD: 'store.password',
  CLICKHOUSE_DB_LOGS: 'store.logs_database',
  CLICKHOUSE_DB_PROCESSING: 'store.processing_database',
};

const variableOf = (path: readonly string[]) => `JA4_${path.join('_').toUpperCase()}`;

function parseValue(text: string, kind: string): unknown {
  if (kind === 'array') {
    const items = text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
    return items.every((item) => /^\d+$/.test(item)) ? items.map(Number) : items;
  }
  if (kind === 'number' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  if (kind === 'boolean' && /^(true|1|yes|on)$/i.test(text)) return true;
  if (kind === 'boolean' && /^(false|0|no|off)$/i.test(text)) return false;
  return text;
}

/**
 * `JA4_<SECTION>_<KEY>` variables, and the original's names, as overrides in that order of precedence
 * (the last wins). `JA4_TEST_*` and `JA4_REQUIRE_ALL` belong to the tests. Throws on unknown ones.
 */
export function environmentOverrides(environment: NodeJS.ProcessEnv): Override[] {
  const paths = configPaths();
  const byVariable = new Map(paths.map(({ path, kind }) => [variableOf(path), { path, kind }]));
  const overrides: Override[] = [];
  for (const [name, dotted] of Object.entries(aliases)) {
    const value = environment[name];
    if (value === undefined) continue;
    const path = dotted.split('.');
    overrides.push({
      path,
      value: parseValue(value, byVariable.get(variableOf(path))?.kind ?? ''),
      from: name,
    });
  }
  if (environment.CLICKHOUSE_HOST !== undefined) {
    const name = environment.CLICKHOUSE_HOST;
    const host = isIPv6(name) ? `[${name}]` : name;
    const url = `http://${host}:${environment.CLICKHOUSE_PORT ?? '8123'}`;
    overrides.push({ path: ['store', 'url'], value: url, from: 'CLICKHOUSE_HOST' });
  }
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || !name.startsWith('JA4_')) continue;
    if (name.startsWith('JA4_TEST_') || name === 'JA4_REQUIRE_ALL') continue;
    const key = byVariable.get(name);
    if (key === undefined) {
      const nearest = nearestKey(name, [...byVariable.keys()]);
      const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
      throw operatorError('CONFIG_UNKNOWN_VARIABLE', `environment: ${name} is not a setting${hint}`, 2);
    }
    overrides.push({ path: key.path, value: parseValue(value, key.kind), from: name });
  }
  return overrides;
}
