import { loadQuery } from '../sql-files.ts';
import { type Reader, read, type Span, type Timestamp, type UInt64 } from './dashboard-reading.ts';
import type { Verdict } from './dashboard-verdicts.ts';

const verdictsSql = loadQuery('dashboard/visitor-verdicts');
const identitySql = loadQuery('dashboard/visitor-identity');
const pathsSql = loadQuery('dashboard/visitor-paths');
const dotsSql = loadQuery('dashboard/visitor-request-dots');
const neighboursSql = loadQuery('dashboard/visitor-neighbours');

/** A verdict with everything that explains it. */
export interface FullVerdict extends Omit<Verdict, 'src_ip' | 'fuzzing_index' | 'post_ratio'> {
  axis_ja4_known: number;
  axis_ja4_struct: number;
  axis_http_modern: number;
  axis_nav_behavior: number;
  axis_tls_coherence: number;
  axis_h2_coherence: number;
  anubis_bot_name: string;
  anubis_bot_action: string;
  asn_detail: string;
  asn_domain: string;
  features: Record<string, number>;
  cycle_id: string;
}

/** Every verdict that is kept about an address, newest first. */
export function visitorVerdicts(reader: Reader, ip: string) {
  return read<FullVerdict>(reader, verdictsSql, { ip });
}

/** What an address's requests say and show; texts are '' and lists empty where nothing was seen. */
export interface VisitorIdentity {
  requests: UInt64;
  joined: UInt64;
  connections: UInt64;
  first_time: Timestamp;
  last_time: Timestamp;
  asn_number: number;
  asn_name: string;
  asn_org: string;
  asn_kind: string;
  country_code: string;
  /** Requests that came through a trusted proxy: their network layers are not the visitor's. */
  behind_proxy: UInt64;
  over_tls: UInt64;
  hosts: string[];
  user_agents: string[];
  user_agent_count: UInt64;
  ja4s: string[];
  tls_stacks: string[];
  tls_stack_count: UInt64;
  main_tls_version: string;
  main_alpn: string;
  tls_family: string;
  main_tls_library: string;
  h2_family: string;
  h2_fingerprints: string[];
  main_h2_order: string;
  http_versions: string[];
  declared_bot: string;
  with_syn: UInt64;
  /** Hops left, bytes, bytes, shift; of the SYN, 0 or −1 without one. */
  main_ttl: number;
  main_window: number;
  main_mss: number;
  main_window_scale: number;
  main_tcp_options: string;
  main_client_hints: string;
  main_hint_platform: string;
  main_language: string;
  with_sec_fetch: UInt64;
  with_language: UInt64;
  with_client_hints: UInt64;
  with_referer: UInt64;
  main_header_order: string;
  paths: UInt64;
  /** The path asked for most; the one that got most POSTs, and how many paths got any. */
  main_path: string;
  main_post_path: string;
  post_paths: UInt64;
  assets: UInt64;
  /** Requests for pages and frames. */
  documents: UInt64;
  posts: UInt64;
  client_errors: UInt64;
  not_found: UInt64;
  refused: UInt64;
  server_errors: UInt64;
}

/** What one client stack of an address did on one host: what one verdict is about. */
export interface SessionKey {
  /** '' = requests without a handshake. */
  readonly tls_stack: string;
  readonly host: string;
}

/** An address, or one session of it. */
export interface VisitorPart {
  readonly ip: string;
  readonly session: SessionKey | undefined;
}

function partParameters({ ip, session }: VisitorPart): Record<string, unknown> {
  return { ip, whole: session ? 0 : 1, tls_stack: session?.tls_stack ?? '', host: session?.host ?? '' };
}

/** Identity of an address or one session of it, or undefined when it made no request in the span. */
export async function visitorIdentity(reader: Reader, span: Span, part: VisitorPart) {
  const [identity] = await read<VisitorIdentity>(reader, identitySql, { ...span, ...partParameters(part) });
  return identity;
}

export interface VisitorPath {
  path: string;
  requests: UInt64;
  queries: UInt64;
  methods: string[];
  statuses: number[];
  last_time: Timestamp;
}

/** The paths that were asked for most. */
export function visitorPaths(reader: Reader, span: Span, part: VisitorPart, limit: number) {
  return read<VisitorPath>(reader, pathsSql, { ...span, ...partParameters(part), limit });
}

/** Requests of one kind and status class within one moment. */
export interface RequestDot {
  moment: Timestamp;
  kind: 'page' | 'asset' | 'call';
  /** 2 = 2xx; 0 = unknown. */
  status_class: number;
  requests: UInt64;
  example_path: string;
  example_status: number;
}

/** When what was asked for, in moments of `milliseconds`. */
export function visitorDots(reader: Reader, span: Span, part: VisitorPart, milliseconds: number) {
  return read<RequestDot>(reader, dotsSql, { ...span, ...partParameters(part), milliseconds });
}

export interface Neighbour {
  ip: string;
  threat_level: string;
  anomaly_score: number;
  asn_number: number;
  asn_org: string;
  hits: UInt64;
  last_seen: Timestamp;
  first_ua: string;
  /** How many there are besides those in the list. */
  total: UInt64;
}

export interface NeighbourChoice {
  ip: string;
  relation: 'stack' | 'network';
  stacks: readonly string[];
  asn: number;
  levels: readonly string[];
  limit: number;
}

/** Other addresses with the same client stack or network, most urgent first. */
export function visitorNeighbours(reader: Reader, span: Span, choice: NeighbourChoice) {
  return read<Neighbour>(reader, neighboursSql, { ...span, ...choice });
}
