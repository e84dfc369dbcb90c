import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameFlag, frameType } from './client-frames.ts';
import { Http2ClientReader, readHttp2Client } from './client-reader.ts';
import type { Http2Client } from './http2-client.ts';
import { h2Fingerprint } from './http2-fingerprint.ts';
import {
  frame,
  headers,
  literal,
  preface,
  priority,
  priorityFields,
  settings,
  settingsAck,
  usualBlock,
  windowUpdate,
} from './http2-frames.test-support.ts';

const read = (...parts: readonly (readonly number[])[]) => readHttp2Client(Uint8Array.from(parts.flat()));

function client(...parts: readonly (readonly number[])[]): Http2Client {
  const result = read(preface, ...parts);
  if (!result.ok) throw new Error(`${result.reason} at ${result.at}`);
  return result.value;
}

const firefoxSettings = settings([1, 65_536], [2, 0], [4, 131_072], [5, 16_384]);

describe('the first bytes of an HTTP/2 client', () => {
  it('tell its settings, window, priorities and the names of its first request', () => {
    const bytes = [firefoxSettings, windowUpdate(12_517_377), priority(3, false, 0, 201), headers()];
    expect(client(...bytes)).toEqual({
      settings: [
        { id: 1, value: 65_536 },
        { id: 2, value: 0 },
        { id: 4, value: 131_072 },
        { id: 5, value: 16_384 },
      ],
      windowUpdate: 12_517_377,
      priorities: [{ stream: 3, exclusive: false, dependsOn: 0, weight: 201 }],
      pseudoHeaders: [':method', ':path', ':authority', ':scheme'],
      headerNames: ['user-agent', 'x-Own'],
    });
  });

  it('keep settings in wire order, unknown and repeated ones too', () => {
    const read = client(settings([9, 1], [8, 1], [0x3a3a, 0xffff_ffff], [9, 0]), headers());
    expect(read.settings).toEqual([
      { id: 9, value: 1 },
      { id: 8, value: 1 },
      { id: 0x3a3a, value: 0xffff_ffff },
      { id: 9, value: 0 },
    ]);
  });

  it('may have settings without a parameter', () =>
    expect(client(settings(), headers()).settings).toEqual([]));

  it('count only the first SETTINGS frame', () => {
    const read = client(firefoxSettings, settingsAck, settings([3, 100]), headers());
    expect(read.settings).toHaveLength(4);
  });

  it('count the first WINDOW_UPDATE of the connection, not one of a stream', () => {
    const read = client(settings(), windowUpdate(7, 1), windowUpdate(8), windowUpdate(9), headers());
    expect(read.windowUpdate).toBe(8);
  });

  it('may come without WINDOW_UPDATE', () => {
    expect(client(settings(), headers(), windowUpdate(9)).windowUpdate).toBeUndefined();
  });

  it('ignore the reserved bit of increments and stream numbers', () => {
    const reserved = frame(frameType.windowUpdate, 0, 2 ** 31, [0x80, 0, 0, 5]);
    expect(client(settings(), reserved, headers()).windowUpdate).toBe(5);
  });

  it('keep priorities in order, with exclusiveness and the weight people count (1 to 256)', () => {
    const read = client(settings(), priority(3, true, 0, 256), priority(5, false, 2 ** 31 - 1, 1), headers());
    expect(read.priorities).toEqual([
      { stream: 3, exclusive: true, dependsOn: 0, weight: 256 },
      { stream: 5, exclusive: false, dependsOn: 2 ** 31 - 1, weight: 1 },
    ]);
  });

  it('have the priority of the request itself', () => {
    const read = client(settings(), headers({ stream: 13, priority: priorityFields(true, 11, 42) }));
    expect(read.requestPriority).toEqual({ stream: 13, exclusive: true, dependsOn: 11, weight: 42 });
    expect(read.pseudoHeaders).toHaveLength(4);
  });

  it.each([
    ['padding', { padding: 20 }],
    ['padding of no octets', { padding: 0 }],
    ['padding and priority fields', { padding: 255, priority: priorityFields(false, 0, 16) }],
    ['CONTINUATION frames', { cuts: [1, 2, 10, 10, 25] }],
    ['padding and CONTINUATION frames', { padding: 3, cuts: [0, 30] }],
  ])('are the same with %s', (_, options) => {
    expect(client(settings(), headers(options))).toMatchObject({
      pseudoHeaders: [':method', ':path', ':authority', ':scheme'],
      headerNames: ['user-agent', 'x-Own'],
      headersFailure: undefined,
    });
  });

  it('may hold PING, GOAWAY and frames of unknown types, which say nothing here', () => {
    const others = [0x6, 0x7, 0x10, 0xb0].map((type) => frame(type, 0xff, 0, [1, 2, 3, 4, 5, 6, 7, 8]));
    expect(client(settings([3, 9]), ...others, headers()).settings).toEqual([{ id: 3, value: 9 }]);
  });

  it('are read as far as the first request, and no further', () => {
    const read = client(settings(), headers(), [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    expect(read.pseudoHeaders).toHaveLength(4);
  });

  it('keep what the first request says before an error in its header block', () => {
    const read = client(settings([2, 0]), headers({ block: [0x82, 0x87, 0xff] }));
    expect(read).toMatchObject({ pseudoHeaders: [':method', ':scheme'], headersFailure: 'truncated' });
    expect(h2Fingerprint(read)).toBe('2:0|00|0|m,s');
  });

  it('keep the names that come first of a header block that never ends', () => {
    const block = [...usualBlock, ...literal('x-long', 'x'.repeat(30_000))];
    const cuts = [15_000, 16_000];
    expect(client(settings(), headers({ block, cuts }))).toMatchObject({
      headerNames: ['user-agent', 'x-Own'],
      headersFailure: 'too-long',
    });
  });

  it('may use the dynamic table within the first request', () => {
    const block = [0x40, 1, 0x61, 1, 0x62, 0xbe, 0x82];
    expect(client(settings(), headers({ block }))).toMatchObject({
      headerNames: ['a', 'a'],
      pseudoHeaders: [':method'],
    });
  });
});

describe('where the preface starts', () => {
  const h2 = [...preface, ...settings([4, 65_535]), ...headers({ stream: 3 })];
  const upgrade = [...'GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n'].map((c) => c.charCodeAt(0));

  it('is behind the HTTP/1.1 request that asked for h2c', () => {
    const bytes = Uint8Array.from([...upgrade, ...h2]);
    expect(readHttp2Client(bytes, upgrade.length)).toEqual(readHttp2Client(Uint8Array.from(h2)));
  });

  it('counts for the places of failures', () => {
    const bytes = Uint8Array.from([...upgrade, ...preface, ...headers()]);
    const at = upgrade.length + preface.length;
    expect(readHttp2Client(bytes, upgrade.length)).toEqual({ ok: false, reason: 'settings-missing', at });
  });

  it('may lie beyond what has come', () => {
    expect(readHttp2Client(Uint8Array.from(upgrade), upgrade.length)).toMatchObject({ reason: 'truncated' });
  });
});

describe('bytes that are no first request', () => {
  const start = preface.length;
  const behindSettings = start + 9;

  it.each<[reason: string, what: string, bytes: readonly number[][], at: number]>([
    ['not-http2', 'HTTP/1.1', [[...'GET / HTTP/1.1\r\n'].map((c) => c.charCodeAt(0))], 0],
    ['not-http2', 'a preface that differs in its last byte', [[...preface.slice(0, -1), 0x0b]], start - 1],
    ['truncated', 'nothing', [], 0],
    ['truncated', 'half a preface', [preface.slice(0, 10)], 10],
    ['truncated', 'no request yet', [[...preface], settings()], behindSettings],
    ['settings-missing', 'a request at once', [[...preface], headers()], start],
    ['settings-missing', 'only an acknowledgment', [[...preface], settingsAck], start],
    [
      'frame-too-large',
      'a frame above 16,384',
      [[...preface], settings(), [0, 0x40, 1, 0x7f, 0, 0, 0, 0, 0]],
      behindSettings,
    ],
    ['bad-settings', 'half a parameter', [[...preface], frame(frameType.settings, 0, 0, [0, 1, 0])], start],
    ['bad-settings', 'settings of a stream', [[...preface], frame(frameType.settings, 0, 1, [])], start],
    [
      'bad-settings',
      'an acknowledgment with content',
      [[...preface], settings(), frame(frameType.settings, frameFlag.ack, 0, [0, 1, 0, 0, 0, 0])],
      behindSettings,
    ],
    [
      'bad-priority',
      'a priority of 4 octets',
      [[...preface], settings(), frame(frameType.priority, 0, 3, [0, 0, 0, 0])],
      behindSettings,
    ],
    [
      'bad-priority',
      'a priority of stream 0',
      [[...preface], settings(), priority(0, false, 0, 1)],
      behindSettings,
    ],
    [
      'bad-window-update',
      'an increment of 5 octets',
      [[...preface], settings(), frame(frameType.windowUpdate, 0, 0, [0, 0, 0, 0, 1])],
      behindSettings,
    ],
    [
      'bad-window-update',
      'an increment of 0',
      [[...preface], settings(), windowUpdate(0)],
      behindSettings + 9,
    ],
    [
      'bad-headers',
      'a request on stream 0',
      [[...preface], settings(), headers({ stream: 0 })],
      behindSettings,
    ],
    [
      'bad-headers',
      'a request on an even stream',
      [[...preface], settings(), headers({ stream: 2 })],
      behindSettings,
    ],
    [
      'bad-headers',
      'more padding than frame',
      [[...preface], settings(), frame(frameType.headers, frameFlag.padded, 1, [2, 0x82])],
      behindSettings + 9,
    ],
    [
      'bad-headers',
      'a missing padding length',
      [[...preface], settings(), frame(frameType.headers, frameFlag.padded, 1, [])],
      behindSettings + 9,
    ],
    [
      'bad-headers',
      'incomplete priority fields',
      [[...preface], settings(), frame(frameType.headers, frameFlag.priority, 1, [0, 0, 0])],
      behindSettings + 9,
    ],
    [
      'frame-out-of-place',
      'CONTINUATION of nothing',
      [[...preface], settings(), frame(frameType.continuation, 4, 1, [0x82])],
      behindSettings,
    ],
    [
      'frame-out-of-place',
      'DATA before a request',
      [[...preface], settings(), frame(frameType.data, 0, 1, [1])],
      behindSettings,
    ],
    [
      'frame-out-of-place',
      'a frame inside a header block',
      [[...preface], settings(), headers({ cuts: [3] }).slice(0, 12), windowUpdate(1)],
      behindSettings + 12,
    ],
    [
      'frame-out-of-place',
      'CONTINUATION of another stream',
      [
        [...preface],
        settings(),
        headers({ cuts: [3] }).slice(0, 12),
        frame(frameType.continuation, 4, 3, []),
      ],
      behindSettings + 12,
    ],
    [
      'too-many-frames',
      'a 65th frame',
      [[...preface], settings(), ...Array.from({ length: 64 }, () => windowUpdate(1, 1))],
      behindSettings + 63 * 13,
    ],
  ])('are %s: %s', (reason, _, bytes, at) => {
    expect(read(...bytes)).toEqual({ ok: false, reason, at });
  });
});

const anyFrame = fc.oneof(
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0xffff_ffff })))
    .map((list) => settings(...list)),
  fc.integer({ min: 1, max: 2 ** 31 - 1 }).map((increment) => windowUpdate(increment)),
  fc
    .tuple(
      fc.integer({ min: 1, max: 99 }),
      fc.boolean(),
      fc.integer({ min: 0, max: 99 }),
      fc.integer({ min: 1, max: 256 }),
    )
    .map((args) => priority(...args)),
  fc.constant(settingsAck),
);
const anyHeaders = fc
  .record({
    padding: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
    isPrioritised: fc.boolean(),
    cuts: fc.array(fc.integer({ min: 0, max: usualBlock.length }), { maxLength: 4 }),
  })
  .map(({ padding, isPrioritised, cuts }) =>
    headers({
      ...(padding === undefined ? {} : { padding }),
      ...(isPrioritised ? { priority: priorityFields(false, 0, 16) } : {}),
      cuts: cuts.toSorted((a, b) => a - b),
    }),
  );
const anyClient = fc
  .tuple(
    fc.array(anyFrame, { maxLength: 8 }),
    anyHeaders,
    fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 20 }),
  )
  .map(([frames, request, rest]) =>
    Uint8Array.from([...preface, ...firefoxSettings, ...frames.flat(), ...request, ...rest]),
  );

/** Pushes the bytes in portions that end at the given places, while more is wanted. */
function pushed(bytes: Uint8Array, ends: readonly number[]) {
  const reader = new Http2ClientReader();
  const bounds = [0, ...ends.map((end) => end % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  let result = reader.push(new Uint8Array(0));
  for (let i = 1; i < bounds.length; i++) result = reader.push(bytes.slice(bounds[i - 1], bounds[i]));
  return result;
}

describe('bytes in portions', () => {
  it('give the same result for every split', () => {
    fc.assert(
      fc.property(anyClient, fc.array(fc.nat()), (bytes, ends) => {
        const whole = readHttp2Client(bytes);
        expect(whole.ok).toBe(true);
        expect(pushed(bytes, ends)).toEqual(whole);
      }),
    );
  });

  it('give the same result byte by byte, and only the last one decides', () => {
    const bytes = Uint8Array.from([...preface, ...firefoxSettings, ...headers({ cuts: [4] })]);
    const reader = new Http2ClientReader();
    for (let i = 0; i + 1 < bytes.length; i++) {
      expect(reader.push(bytes.subarray(i, i + 1))).toEqual({ ok: false, reason: 'truncated', at: i + 1 });
    }
    expect(reader.push(bytes.subarray(-1))).toEqual(readHttp2Client(bytes));
  });

  it('give the same failure for every split', () => {
    const damaged = fc
      .tuple(anyClient, fc.nat(), fc.integer({ min: 0, max: 255 }))
      .map(([bytes, at, value]) => {
        bytes[preface.length + (at % (bytes.length - preface.length))] = value;
        return bytes;
      });
    fc.assert(
      fc.property(damaged, fc.array(fc.nat()), (bytes, ends) => {
        expect(pushed(bytes, ends)).toEqual(readHttp2Client(bytes));
      }),
    );
  });

  it('tell what is known of a client that leaves before it asks', () => {
    const reader = new Http2ClientReader();
    reader.push(Uint8Array.from([...preface, ...settings([2, 0]), ...windowUpdate(5)]));
    expect(reader.client).toMatchObject({ settings: [{ id: 2, value: 0 }], windowUpdate: 5 });
  });

  it('change nothing after the result', () => {
    const bytes = Uint8Array.from([...preface, ...settings(), ...headers()]);
    const reader = new Http2ClientReader();
    const result = reader.push(bytes);
    expect(reader.push(bytes)).toBe(result);
  });
});

describe('any bytes', () => {
  it('never throw, with and without a preface', () => {
    const bytes = fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 400 }));
    fc.assert(
      fc.property(bytes, fc.array(fc.nat()), ([hasPreface, rest], ends) => {
        const all = Uint8Array.from([...(hasPreface ? [...preface, ...settings()] : []), ...rest]);
        const result = pushed(all, ends);
        expect(result).toEqual(readHttp2Client(all));
        if (!result.ok) expect(result.at).toBeLessThanOrEqual(all.length);
      }),
      { numRuns: 500 },
    );
  });

  it('cost one pass over them, also in single bytes', () => {
    const filler = frame(0xb0, 0, 0, new Array<number>(16_384).fill(7));
    const bytes = Uint8Array.from([
      ...preface,
      ...settings(),
      ...Array.from({ length: 62 }, () => filler).flat(),
      ...headers(),
    ]);
    const started = performance.now();
    const reader = new Http2ClientReader();
    let result = reader.push(bytes.subarray(0, 0));
    for (let i = 0; i < bytes.length; i++) result = reader.push(bytes.subarray(i, i + 1));
    expect(result.ok).toBe(true);
    // A million calls take a tenth of a second; a second look at what is held would take minutes.
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
