import { readObject } from './event-text.ts';
import { type ArrivalNs, isPlausible } from './event-time.ts';
import { type EventResult, FieldReader } from './field-reader.ts';

/**
 * One handshake, as a sensor reports it (source B). Keys are the wire contract; what was not seen is
 * undefined, never zero. IP and TCP fields are those of the SYN.
 */
export interface NetworkEvent {
  /** Nanoseconds since 1970. */
  readonly timestamp: number;
  /** Not on the wire: the sensor's time was absurd, so `timestamp` is that of the event's arrival. */
  readonly time_is_arrival?: boolean | undefined;
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

const networkKeys = [
  ...([
    'timestamp',
    'sensor_id',
    'conn_id',
    'transport',
    'src_ip',
    'src_port',
    'dst_ip',
    'dst_port',
  ] as const),
  ...(['has_syn', 'ip_meta_ttl', 'ip_meta_total_length', 'ip_meta_id', 'ip_meta_df'] as const),
  ...(['tcp_meta_window_size', 'tcp_meta_mss', 'tcp_meta_window_scale', 'tcp_meta_options'] as const),
  ...(['syn_to_clienthello_ms', 'tls_version', 'tls_sni', 'tls_alpn', 'tls_alpn_offered'] as const),
  ...(['tls_resumption', 'ja3', 'ja3_hash', 'ja4', 'ja4_r', 'tls_stack'] as const),
] as const;

export type NetworkKey = (typeof networkKeys)[number];

/** ALPN has no limit of its own; what is longer than this is not an offer but an attempt. */
const maxAlpnProtocols = 128;

// One event is read at a time, so one reader serves all.
const f = new FieldReader(networkKeys);
const k = f.slots;

/**
 * One datagram or line of a sensor. Never throws; unknown keys are ignored.
 *
 * @param arrivalNs takes the place of an absurd time; without it, such an event is refused
 */
export function parseNetworkEvent(
  text: string,
  arrivalNs?: ArrivalNs,
): EventResult<NetworkEvent, NetworkKey> {
  const object = readObject(text);
  if (!object.ok) return object;
  f.load(object.fields);
  const transport = f.requiredText(k.transport);
  if (transport !== 'tcp' && transport !== 'udp') f.reject('bad_transport');
  const givenNs = f.requiredNumber(k.timestamp);
  const plausible = isPlausible(givenNs, arrivalNs);
  if (!plausible && arrivalNs === undefined) f.reject('bad_timestamp');
  const value: NetworkEvent = {
    timestamp: plausible || arrivalNs === undefined ? givenNs : arrivalNs,
    time_is_arrival: !plausible,
    sensor_id: f.text(k.sensor_id),
    conn_id: f.text(k.conn_id),
    transport: transport === 'udp' ? 'udp' : 'tcp',
    src_ip: f.requiredAddress(k.src_ip),
    src_port: f.requiredPort(k.src_port),
    dst_ip: f.address(k.dst_ip),
    dst_port: f.port(k.dst_port),
    has_syn: f.flag(k.has_syn) ?? false,
    ip_meta_ttl: f.integer(k.ip_meta_ttl, 0xff),
    ip_meta_total_length: f.integer(k.ip_meta_total_length, 0xffff),
    ip_meta_id: f.integer(k.ip_meta_id, 0xffff),
    ip_meta_df: f.flag(k.ip_meta_df),
    tcp_meta_window_size: f.integer(k.tcp_meta_window_size, 0xffff),
    tcp_meta_mss: f.integer(k.tcp_meta_mss, 0xffff),
    tcp_meta_window_scale: f.integer(k.tcp_meta_window_scale, 0xff),
    tcp_meta_options: f.optionalText(k.tcp_meta_options),
    syn_to_clienthello_ms: f.number(k.syn_to_clienthello_ms, Number.MAX_SAFE_INTEGER),
    tls_version: f.optionalText(k.tls_version),
    tls_sni: f.optionalText(k.tls_sni),
    tls_alpn: f.optionalText(k.tls_alpn),
    tls_alpn_offered: f.textList(k.tls_alpn_offered, maxAlpnProtocols),
    tls_resumption: f.flag(k.tls_resumption),
    ja3: f.optionalText(k.ja3),
    ja3_hash: f.optionalText(k.ja3_hash),
    ja4: f.requiredText(k.ja4),
    ja4_r: f.optionalText(k.ja4_r),
    tls_stack: f.optionalText(k.tls_stack),
  };
  return f.rejection === undefined ? { ok: true, value } : { ok: false, reason: f.rejection };
}
