import { createCipheriv, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encryptBlock } from './aes-block.ts';
import { HmacKey, maxMessage } from './hmac-sha256.ts';

describe('HMAC-SHA-256 of short messages', () => {
  it('is what the library computes', () => {
    const key = fc.uint8Array({ maxLength: 64 });
    const message = fc.uint8Array({ maxLength: maxMessage });
    fc.assert(
      fc.property(key, message, fc.integer({ min: 1, max: 32 }), (key, message, length) => {
        const out = new Uint8Array(40).fill(0xaa);
        new HmacKey(key).sign(message, 0, message.length, out, 3, length);
        const expected = createHmac('sha256', key).update(message).digest().subarray(0, length);
        expect(Buffer.from(out.subarray(3, 3 + length))).toEqual(expected);
        expect(out.subarray(3 + length).every((byte) => byte === 0xaa)).toBe(true);
      }),
    );
  });

  it('is that of RFC 4231, test case 2', () => {
    const out = new Uint8Array(32);
    const message = Buffer.from('what do ya want for nothing?');
    new HmacKey(Buffer.from('Jefe')).sign(message, 0, message.length, out, 0, 32);
    expect(Buffer.from(out).toString('hex')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });
});

describe('a block of AES-128', () => {
  it('is that of FIPS 197, appendix C.1', () => {
    const key = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
    const out = new Uint8Array(16);
    encryptBlock(key, 0, Buffer.from('00112233445566778899aabbccddeeff', 'hex'), 0, out);
    expect(Buffer.from(out).toString('hex')).toBe('69c4e0d86a7b0430d8cdb78070b4c55a');
  });

  it('is what the library computes', () => {
    const block = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(block, block, (key, input) => {
        const out = new Uint8Array(16);
        encryptBlock(Uint8Array.of(9, ...key), 1, Uint8Array.of(9, 9, ...input), 2, out);
        const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
        expect(Buffer.from(out)).toEqual(cipher.update(input));
      }),
    );
  });
});
