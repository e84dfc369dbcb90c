import { type EventResult, FieldReader, readObject } from './field-reader.ts';

/**
 * One handshake, as a sensor reports it (source B). Keys are the wire contract; what was not seen is
 * undefined, never zero. IP and TCP fields are those of the SYN.
 */
export interface NetworkEvent {
  /** Nanoseconds since 1970. */
  readonly timestamp: number;
  readonly sensor_id: string;
  readonly conn_id: string;
  readonly transport: 'tcp' | 'udp';
  readonly src_ip: string;
  readonly src_port: number;
  readonly dst_ip?: string | undefined;
  readonly dst_port?: number | undefined;
  readonly has_syn: boolean;
  readonly ip_meta_ttl?: number | undefined;
  readonly ip_meta_total_length?: number | undefined;
  readonly ip_meta_id?: number | undefined;
  readonly ip_meta_df?: boolean | undefined;
  readonly tcp_meta_window_size?: number | undefined;
  readonly tcp_meta_mss?: number | undefined;
  readonly tcp_meta_window_scale?: number | undefined;
  readonly tcp_meta_options?: string | undefined;
  readonly syn_to_clienthello_ms?: number | undefined;
  readonly tls_version?: string | undefined;
  readonly tls_sni?: string | undefined;
  readonly tls_alpn?: string | undefined;
  readonly tls_alpn_offered: readonly string[];
  readonly tls_resumption?: boolean | undefined;
  readonly ja3?: string | undefined;
  readonly ja3_hash?: string | undefined;
  readonly ja4: string;
  readonly ja4_r?: string | undefined;
  readonly tls_stack?: string | undefined;
}

export type NetworkKey = keyof NetworkEvent;

/** ALPN has no limit of its own; what is longer than this is not an offer but an attempt. */
const maxAlpnProtocols = 128;

/** One datagram or line of a sensor. Never throws; unknown keys are ignored. */
export function parseNetworkEvent(text: string): EventResult<NetworkEvent, NetworkKey> {
  const object = readObject(text);
  if (!object.ok) return object;
  const f = new FieldReader<NetworkKey>(object.fields);
  const transport = f.requiredText('transport');
  if (transport !== 'tcp' && transport !== 'udp') f.reject('bad_transport');
  const value: NetworkEvent = {
    timestamp: f.timestamp('timestamp'),
    sensor_id: f.text('sensor_id'),
    conn_id: f.text('conn_id'),
    transport: transport === 'udp' ? 'udp' : 'tcp',
    src_ip: f.requiredAddress('src_ip'),
    src_port: f.requiredPort('src_port'),
    dst_ip: f.address('dst_ip'),
    dst_port: f.port('dst_port'),
    has_syn: f.flag('has_syn') ?? false,
    ip_meta_ttl: f.integer('ip_meta_ttl', 0xff),
    ip_meta_total_length: f.integer('ip_meta_total_length', 0xffff),
    ip_meta_id: f.integer('ip_meta_id', 0xffff),
    ip_meta_df: f.flag('ip_meta_df'),
    tcp_meta_window_size: f.integer('tcp_meta_window_size', 0xffff),
    tcp_meta_mss: f.integer('tcp_meta_mss', 0xffff),
    tcp_meta_window_scale: f.integer('tcp_meta_window_scale', 0xff),
    tcp_meta_options: f.optionalText('tcp_meta_options'),
    syn_to_clienthello_ms: f.number('syn_to_clienthello_ms', Number.MAX_SAFE_INTEGER),
    tls_version: f.optionalText('tls_version'),
    tls_sni: f.optionalText('tls_sni'),
    tls_alpn: f.optionalText('tls_alpn'),
    tls_alpn_offered: f.textList('tls_alpn_offered', maxAlpnProtocols),
    tls_resumption: f.flag('tls_resumption'),
    ja3: f.optionalText('ja3'),
    ja3_hash: f.optionalText('ja3_hash'),
    ja4: f.requiredText('ja4'),
    ja4_r: f.optionalText('ja4_r'),
    tls_stack: f.optionalText('tls_stack'),
  };
  return f.rejection === undefined ? { ok: true, value } : { ok: false, reason: f.rejection };
}
