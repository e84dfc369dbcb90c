import { loadQuery } from '../sql-files.ts';
import { type Reader, read, type Span, type Timestamp, type UInt64 } from './dashboard-reading.ts';

const summarySql = loadQuery('dashboard/fingerprint-summary');
const listSql = loadQuery('dashboard/fingerprint-list');

/** Who uses a JA4, from where, on what stack. */
export interface FingerprintSummary {
  requests: UInt64;
  addresses: UInt64;
  networks: UInt64;
  host_count: UInt64;
  first_time: Timestamp;
  last_time: Timestamp;
  tls_stacks: string[];
  user_agents: string[];
  user_agent_count: UInt64;
  main_tls_version: string;
  main_alpn: string;
  tls_family: string;
  main_tls_library: string;
  ja3_hashes: string[];
  ja3_count: UInt64;
  raw_form: string;
  h2_fingerprints: string[];
  resumed: UInt64;
}

/** One JA4 in a span of time, or undefined when no request carried it. */
export async function fingerprintSummary(reader: Reader, span: Span, ja4: string) {
  const [summary] = await read<FingerprintSummary>(reader, summarySql, { ...span, ja4 });
  return summary;
}

export interface FingerprintOfStack {
  ja4: string;
  requests: UInt64;
  addresses: UInt64;
}

/** The JA4s of some client stacks. */
export function fingerprintsOfStacks(reader: Reader, span: Span, stacks: readonly string[]) {
  return read<FingerprintOfStack>(reader, listSql, { ...span, stacks });
}
