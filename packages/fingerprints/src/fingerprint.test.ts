import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { itNeeds, program } from '../../../test/setup/needs.ts';
import { parseClientHello } from './client-hello.ts';
import { type ClientHelloContent, encodeClientHello, encodeExtension } from './encode-client-hello.ts';
import { fingerprint, maxAlpnOffered } from './fingerprint.ts';
import { ja3, ja3Hash } from './ja3.ts';
import { ja4, ja4r } from './ja4.ts';
import { tlsStack } from './tls-stack.ts';

function of(bytes: Uint8Array) {
  const result = parseClientHello(bytes);
  if (!result.ok) throw new Error(result.reason);
  return fingerprint(result.value, 'tcp');
}
const encoded = (content: ClientHelloContent) => of(encodeClientHello(content));

describe('a fingerprint', () => {
  it('leaves out what was not offered', () => {
    const prints = encoded({ cipherSuites: [0x1301] });
    expect(prints).not.toHaveProperty('tls_sni');
    expect(prints).not.toHaveProperty('tls_alpn');
    expect(prints).toMatchObject({ tls_alpn_offered: [], tls_resumption: false, tls_version: '1.2' });
  });

  it('says resumption with a pre-shared key or a ticket, but not with the bare ticket extension', () => {
    const resumption = (type: number, length: number) =>
      encoded({ cipherSuites: [1], extensions: [encodeExtension.opaque(type, length)] }).tls_resumption;
    expect([resumption(41, 0), resumption(35, 9), resumption(35, 0)]).toEqual([true, true, false]);
  });

  it('writes bytes that are not printable as escapes, so that names are safe to log and to show', () => {
    const prints = encoded({
      cipherSuites: [1],
      extensions: [encodeExtension.serverName('a\n\xff\\b'), encodeExtension.alpn('\x0a\x0a', 'h2')],
    });
    expect(prints.tls_sni).toBe('a\\x0a\\xff\\x5cb');
    expect(prints.tls_alpn_offered).toEqual(['\\x0a\\x0a', 'h2']);
  });

  it('keeps names bounded, whatever a client sends', () => {
    const prints = encoded({
      cipherSuites: [1],
      extensions: [
        encodeExtension.serverName('n'.repeat(5000)),
        encodeExtension.alpn(...new Array<string>(500).fill('p'.repeat(100))),
      ],
    });
    expect(prints.tls_sni).toHaveLength(255);
    expect(prints.tls_alpn_offered).toHaveLength(maxAlpnOffered);
    expect(prints.tls_alpn).toHaveLength(64);
  });

  it('gives what the single functions give', () => {
    const content = { cipherSuites: [0x1302, 0x1301], extensions: [encodeExtension.opaque(41, 3)] };
    const parsed = parseClientHello(encodeClientHello(content));
    if (!parsed.ok) throw new Error(parsed.reason);
    const hello = parsed.value;
    expect(fingerprint(hello, 'quic')).toMatchObject({
      ja3: ja3(hello),
      ja3_hash: ja3Hash(hello),
      ja4: ja4(hello, 'quic'),
      ja4_r: ja4r(hello, 'quic'),
      tls_stack: tlsStack(hello, 'quic'),
    });
  });

  it.each([
    [0x0304, '1.3'],
    [0x0301, '1.0'],
    [0x0300, 'SSL3'],
    [0x7f1c, 'draft-28'],
    [0x0999, '0x0999'],
  ])('names the offered version %#x %s', (code, name) => {
    const extensions = [encodeExtension.supportedVersions(code)];
    expect(encoded({ cipherSuites: [1], extensions }).tls_version).toBe(name);
  });
});

/** The handshake message of the first record that a real TLS client sends. */
async function helloOf(options: ConnectionOptions): Promise<Uint8Array> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: '127.0.0.1', port, ...options });
  client.on('error', () => {});
  const [socket] = await once(server, 'connection');
  const [record] = await once(socket, 'data');
  client.destroy();
  socket.destroy();
  server.close();
  return record.subarray(5);
}

/** The first handshake message of OpenSSL's client over DTLS, its header made that of TLS. */
async function dtlsHello(version: '-dtls1' | '-dtls1_2'): Promise<Uint8Array> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const address = `127.0.0.1:${socket.address().port}`;
  const args = ['s_client', version, '-cipher', 'ALL:@SECLEVEL=0', '-servername', 'turn.example'];
  const client = spawn('openssl', [...args, '-connect', address], { stdio: ['pipe', 'ignore', 'ignore'] });
  const [datagram]: Buffer[] = await once(socket, 'message');
  client.kill();
  socket.close();
  if (datagram === undefined) throw new Error('no datagram');
  // Record header 13 | type 1, length 3 | message_seq 2, fragment_offset 3, fragment_length 3 | body
  return Buffer.concat([datagram.subarray(13, 17), datagram.subarray(25)]);
}

describe('the hello of a real client', () => {
  for (const [version, start, name] of [
    ['-dtls1', 'dd1d', '1.0'],
    ['-dtls1_2', 'dd2d', '1.2'],
  ] as const) {
    itNeeds(program('openssl'))(`is read: OpenSSL over DTLS ${name}`, async () => {
      const parsed = parseClientHello(await dtlsHello(version), 'dtls');
      if (!parsed.ok) throw new Error(parsed.reason);
      const prints = fingerprint(parsed.value, 'dtls');
      expect(prints).toMatchObject({ tls_version: name, tls_sni: 'turn.example' });
      expect(prints.ja4.slice(0, 4)).toBe(start);
      expect(parsed.value.malformedExtensions).toEqual([]);
    });
  }

  it('is read: OpenSSL as Node uses it', async () => {
    const prints = of(await helloOf({ servername: 'shop.example', ALPNProtocols: ['h2', 'http/1.1'] }));
    expect(prints).toMatchObject({
      tls_version: '1.3',
      tls_sni: 'shop.example',
      tls_alpn: 'h2',
      tls_alpn_offered: ['h2', 'http/1.1'],
      tls_resumption: false,
    });
    expect(prints.ja4).toMatch(/^t13d\d{4}h2_/);
  });

  it('keeps its stack key without a name and with another ALPN, while its JA4 changes', async () => {
    const named = of(await helloOf({ servername: 'shop.example', ALPNProtocols: ['h2'] }));
    const unnamed = of(await helloOf({ ALPNProtocols: ['http/1.1'] }));
    expect(unnamed.tls_stack).toBe(named.tls_stack);
    expect(unnamed.ja4).not.toBe(named.ja4);
  });
});
