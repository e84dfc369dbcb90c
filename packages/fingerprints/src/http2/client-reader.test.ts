import { describe, expect, it } from 'vitest';
import { frameFlag, frameType } from './client-frames.ts';
import { readHttp2Client } from './client-reader.ts';
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
