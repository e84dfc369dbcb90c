import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readCaptureFile } from '../index.ts';

async function read(name: string) {
  const reading = readCaptureFile(fileURLToPath(new URL(`recordings/${name}.pcap`, import.meta.url)));
  const events = [];
  for await (const event of reading.events) events.push(event);
  const usual = ['packets', 'bytes', 'hellos', 'hellos_quic', 'hellos_dtls', 'hellos_without_syn'];
  const others = Object.entries(reading.statistics).filter(
    ([name, count]) => count !== 0 && !usual.includes(name),
  );
  const counted = Object.fromEntries(others);
  return { events, counted };
}

const chromium = { transport: 'udp', tls_sni: 'shop.example', ja4: 'q13d0312h3_55b375c5d22e_178839b6cec1' };
const ngtcp2 = { transport: 'udp', tls_sni: 'localhost', ja4: 'q13d0415h3_9caa18292e23_84684a673e38' };

describe('a recording', () => {
  it.each([
    ['chromium-quic', 'Chromium, whose hello is in pieces all over two datagrams', chromium, {}],
    [
      'chromium-quic-retry',
      'Chromium, which starts again after a Retry',
      chromium,
      { hellos_retransmitted: 1, quic_retries: 2 },
    ],
    [
      'chromium-quic-hello-retry-request',
      'Chromium, which sends a second hello after a HelloRetryRequest',
      chromium,
      { hellos_second: 1 },
    ],
    [
      'firefox-quic',
      'Firefox, in two datagrams joined by offload',
      { transport: 'udp', tls_sni: 'shop.example', ja4: 'q13d0315h3_55b375c5d22e_dc5437974b47' },
      {},
    ],
    ['ngtcp2-quic-draft-29', 'ngtcp2 in draft 29', ngtcp2, {}],
    ['ngtcp2-quic-v2-draft', 'ngtcp2 in a draft of version 2', ngtcp2, {}],
    [
      'kdig-quic',
      'kdig, DNS over QUIC',
      { transport: 'udp', ja4: 'q13i0414dq_9caa18292e23_84684a673e38' },
      {},
    ],
    [
      'openssl-dtls-fragmented',
      'OpenSSL, whose DTLS hello is in two fragments',
      { transport: 'udp', tls_sni: 'shop.example', ja4: 'dd2d2808cp_d943125447b4_e7e480e5a997' },
      { hellos_second: 1 },
    ],
    [
      'gnutls-dtls',
      'GnuTLS over DTLS',
      { transport: 'udp', tls_sni: 'shop.example', ja4: 'dd2d251000_7415a186c913_577ffa9d9a5c' },
      { hellos_second: 1 },
    ],
  ])('%s is one hello of %s', async (name, _, event, counted) => {
    const found = await read(name);
    expect(found.events).toMatchObject([event]);
    expect(found.counted).toEqual(counted);
  });

  it('ngtcp2-quic-version-negotiation is two hellos: in a reserved version, then from another port', async () => {
    const found = await read('ngtcp2-quic-version-negotiation');
    expect(found.events).toMatchObject([ngtcp2, ngtcp2]);
    expect(found.counted).toEqual({ quic_version_negotiations: 1 });
  });
});
