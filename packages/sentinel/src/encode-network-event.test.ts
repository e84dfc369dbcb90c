import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeNetworkEvent } from './encode-network-event.ts';
import type { NetworkEvent } from './network-event.ts';

const port = fc.nat(65_535);
const absent = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const name = fc.string({ unit: 'binary', maxLength: 20 });

const event: fc.Arbitrary<NetworkEvent> = fc.record({
  timestamp: fc.nat(2 ** 31).map((seconds) => seconds * 1e9),
  sensor_id: name,
  conn_id: fc.stringMatching(/^[0-9a-f]{16}$/),
  transport: fc.constantFrom('tcp', 'udp'),
  src_ip: fc.ipV4(),
  src_port: port,
  dst_ip: fc.ipV6(),
  dst_port: port,
  has_syn: fc.boolean(),
  ip_meta_ttl: absent(fc.nat(255)),
  ip_meta_total_length: absent(port),
  ip_meta_id: absent(port),
  ip_meta_df: absent(fc.boolean()),
  tcp_meta_window_size: absent(port),
  tcp_meta_mss: absent(port),
  tcp_meta_window_scale: absent(fc.nat(255)),
  tcp_meta_options: absent(fc.constantFrom('', 'MSS,SACK,TS,NOP,WS')),
  tcp_signature: absent(fc.constant('4:64:mss*20,7:MSS,SACK:df')),
  syn_to_clienthello_ms: absent(fc.nat(1e9).map((microseconds) => microseconds / 1000)),
  tls_version: fc.constantFrom('1.3', 'draft-28', '0x7e02'),
  tls_sni: absent(name),
  tls_alpn: absent(name),
  tls_alpn_offered: fc.array(name, { maxLength: 4 }),
  tls_resumption: fc.boolean(),
  ja3: absent(fc.constant('771,4865-4866,0-23,29,0')),
  ja3_hash: fc.stringMatching(/^[0-9a-f]{32}$/),
  ja4: fc.constant('t13d1516h2_8daaf6152771_e5627efa2ab1'),
  ja4_r: absent(fc.constant('t13d1516h2_1301_0000')),
  tls_stack: fc.constant('t13x1513xx_8daaf6152771_e5627efa2ab1'),
});

it('writes what JSON.stringify writes, whatever names strangers choose', () => {
  fc.assert(
    fc.property(event, (e) => {
      expect(encodeNetworkEvent(e)).toBe(JSON.stringify(e));
    }),
  );
});
