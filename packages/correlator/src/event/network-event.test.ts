import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NetworkEvent, parseNetworkEvent } from './network-event.ts';

const handshake: NetworkEvent = {
  timestamp: 1_767_225_600_123_456_000,
  sensor_id: 's1',
  conn_id: 'n1',
  transport: 'tcp',
  src_ip: '198.18.16.5',
  src_port: 40_000,
  dst_ip: '198.18.0.10',
  dst_port: 443,
  has_syn: true,
  ip_meta_ttl: 64,
  ip_meta_total_length: 60,
  ip_meta_id: 54_321,
  ip_meta_df: true,
  tcp_meta_window_size: 64_240,
  tcp_meta_mss: 1460,
  tcp_meta_window_scale: 7,
  tcp_meta_options: 'MSS,SACK,TS,NOP,WS',
  syn_to_clienthello_ms: 0.417,
  tls_version: '1.3',
  tls_sni: 'shop.example',
  tls_alpn: 'h2',
  tls_alpn_offered: ['h2', 'http/1.1'],
  tls_resumption: false,
  ja3: '771,4865-4866,0-11-10,29-23,0',
  ja3_hash: '579ccef312d18482fc42e2b822ca2430',
  ja4: 't13d1516h2_8daaf6152771_d8a2da3f94cd',
  ja4_r: 't13d1516h2_002f_0005',
  tls_stack: 't13_8daaf6152771_d8a2da3f94cd',
};

const parse = (changes: object) => parseNetworkEvent(JSON.stringify({ ...handshake, ...changes }));

describe('a network event', () => {
  it('comes back the same when it is written and parsed', () => {
    expect(parse({})).toEqual({ ok: true, value: { ...handshake, time_is_arrival: false } });
  });

  it('leaves what was not seen absent, never zero', () => {
    const { timestamp, transport, src_ip, src_port, ja4 } = handshake;
    const result = parseNetworkEvent(JSON.stringify({ timestamp, transport, src_ip, src_port, ja4 }));
    expect(result).toMatchObject({ ok: true, value: { has_syn: false, tls_alpn_offered: [] } });
    expect(result).toHaveProperty('value.ip_meta_ttl', undefined);
    expect(result).toHaveProperty('value.tcp_meta_window_scale', undefined);
    expect(result).toHaveProperty('value.syn_to_clienthello_ms', undefined);
  });

  it('takes flags as true and false or 1 and 0', () => {
    expect(parse({ has_syn: 0, ip_meta_df: 1, tls_resumption: 1 })).toMatchObject({
      value: { has_syn: false, ip_meta_df: true, tls_resumption: true },
    });
  });

  it.each([
    ['missing_ja4', { ja4: undefined }],
    ['missing_transport', { transport: undefined }],
    ['missing_timestamp', { timestamp: null }],
    ['bad_transport', { transport: 'sctp' }],
    ['bad_address', { dst_ip: '300.1.1.1' }],
    ['bad_port', { src_port: 0.5 }],
    ['wrong_type_has_syn', { has_syn: 'yes' }],
    ['wrong_type_tls_alpn_offered', { tls_alpn_offered: 'h2' }],
    ['wrong_type_tls_alpn_offered', { tls_alpn_offered: ['h2', 7] }],
    ['out_of_range_tls_alpn_offered', { tls_alpn_offered: new Array(200).fill('h2') }],
    ['out_of_range_ip_meta_ttl', { ip_meta_ttl: 256 }],
    ['out_of_range_tcp_meta_window_size', { tcp_meta_window_size: 8_222_720 }],
    ['out_of_range_syn_to_clienthello_ms', { syn_to_clienthello_ms: -1 }],
  ])('is refused as %s', (reason, changes) => {
    expect(parse(changes)).toEqual({ ok: false, reason });
  });

  it('never throws, and refuses only for reasons made of its own keys', () => {
    const keys = Object.keys(handshake);
    const fields = fc.dictionary(
      fc.oneof(fc.constantFrom(...keys), fc.string()),
      fc.jsonValue({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(fields, fc.boolean(), (changes, onTop) => {
        const result = onTop ? parse(changes) : parseNetworkEvent(JSON.stringify(changes));
        if (result.ok) return;
        const key = /^(?:missing|wrong_type|out_of_range)_(.*)$/.exec(result.reason)?.[1];
        if (key !== undefined) expect(keys).toContain(key);
        else expect(result.reason).toMatch(/^bad_(timestamp|address|port|transport)$/);
      }),
      { numRuns: 1_000 },
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseNetworkEvent(text)));
  });
});
