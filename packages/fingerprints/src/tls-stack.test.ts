import { describe, expect, it } from 'vitest';
import { type EncodedExtension, encodeExtension } from './encode-client-hello.ts';
import { helloOf } from './hello-of.test-support.ts';
import { ja4 } from './ja4.ts';
import { tlsStack } from './tls-stack.ts';

const lasting = [
  encodeExtension.opaque(0x2a2a),
  encodeExtension.supportedGroups(0x001d),
  encodeExtension.signatureAlgorithms(0x0403, 0x0804),
  encodeExtension.supportedVersions(0x0304),
];
const browser = (...extensions: EncodedExtension[]) =>
  helloOf({ cipherSuites: [0x1301, 0x1302], extensions: [...lasting, ...extensions] });
const first = browser(encodeExtension.serverName('shop.example'), encodeExtension.alpn('h2', 'http/1.1'));

describe('the stack key', () => {
  it('is written like JA4 with x where JA4 describes the connection', () => {
    expect(tlsStack(first, 'tcp')).toMatch(/^t13x0203xx_[0-9a-f]{12}_[0-9a-f]{12}$/);
  });

  it('has the hashes that JA4 has for the same lists', () => {
    const [, b, c] = ja4(browser(), 'tcp').split('_');
    expect(tlsStack(first, 'tcp')).toBe(`t13x0203xx_${b}_${c}`);
  });

  it.each([
    [
      'resumes a session',
      browser(encodeExtension.serverName('shop.example'), encodeExtension.opaque(41, 60)),
    ],
    [
      'sends a pre-shared key where it sent a session ticket before',
      browser(encodeExtension.serverName('shop.example'), encodeExtension.opaque(35)),
    ],
    [
      'leaves out certificate compression',
      browser(encodeExtension.serverName('shop.example'), encodeExtension.opaque(27, 7)),
    ],
    ['sends early data', browser(encodeExtension.opaque(42), encodeExtension.opaque(41, 60))],
    [
      'opens a WebSocket',
      browser(encodeExtension.serverName('shop.example'), encodeExtension.alpn('http/1.1')),
    ],
    [
      'offers settings for HTTP/2 where it did not for a WebSocket',
      browser(encodeExtension.alpn('h2', 'http/1.1'), encodeExtension.opaque(0x44cd, 5)),
    ],
    ['visits an address without a name', browser(encodeExtension.alpn('h2', 'http/1.1'))],
    ['pads its hello', browser(encodeExtension.serverName('x.example'), encodeExtension.opaque(21, 190))],
    ['answers a HelloRetryRequest with a cookie', browser(encodeExtension.opaque(44, 8))],
  ])('stays the same when a client %s, while JA4 does not', (_, other) => {
    expect(tlsStack(other, 'tcp')).toBe(tlsStack(first, 'tcp'));
    expect(ja4(other, 'tcp')).not.toBe(ja4(first, 'tcp'));
  });

  it('differs with ciphers, lasting extensions, signature algorithms, version and transport', () => {
    const others = [
      tlsStack(helloOf({ cipherSuites: [0x1301, 0x1303], extensions: lasting }), 'tcp'),
      tlsStack(browser(encodeExtension.opaque(23)), 'tcp'),
      tlsStack(browser(encodeExtension.opaque(28, 2)), 'tcp'),
      tlsStack(helloOf({ cipherSuites: [0x1301, 0x1302], extensions: lasting.slice(0, 2) }), 'tcp'),
      tlsStack(first, 'quic'),
      tlsStack(first, 'tcp'),
    ];
    expect(new Set(others).size).toBe(others.length);
  });
});
