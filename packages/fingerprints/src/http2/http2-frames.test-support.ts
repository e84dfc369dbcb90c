import { frameFlag, frameType } from './client-frames.ts';
import { integer, string } from './hpack-encoder.test-support.ts';

export const preface: readonly number[] = [...'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'].map((c) => c.charCodeAt(0));

function uint(value: number, width: number): number[] {
  return Array.from({ length: width }, (_, i) => Math.floor(value / 256 ** (width - 1 - i)) % 256);
}

export function frame(type: number, flags: number, stream: number, payload: readonly number[]): number[] {
  return [...uint(payload.length, 3), type, flags, ...uint(stream, 4), ...payload];
}

export function settings(...parameters: readonly (readonly [id: number, value: number])[]): number[] {
  const payload = parameters.flatMap(([id, value]) => [...uint(id, 2), ...uint(value, 4)]);
  return frame(frameType.settings, 0, 0, payload);
}

export const settingsAck = frame(frameType.settings, frameFlag.ack, 0, []);

export function windowUpdate(increment: number, stream = 0): number[] {
  return frame(frameType.windowUpdate, 0, stream, uint(increment, 4));
}

/** The five octets of PRIORITY frames and of HEADERS with the PRIORITY flag. */
export function priorityFields(exclusive: boolean, dependsOn: number, weight: number): number[] {
  return [...uint((exclusive ? 2 ** 31 : 0) + dependsOn, 4), weight - 1];
}

export function priority(stream: number, exclusive: boolean, dependsOn: number, weight: number): number[] {
  return frame(frameType.priority, 0, stream, priorityFields(exclusive, dependsOn, weight));
}

export interface HeadersToEncode {
  readonly stream?: number;
  readonly block?: readonly number[];
  /** Octets of padding; none at all by default, which differs from 0. */
  readonly padding?: number;
  readonly priority?: readonly number[];
  /** Where the block is cut into HEADERS and CONTINUATION frames, ascending. */
  readonly cuts?: readonly number[];
}

/** A HEADERS frame and the CONTINUATION frames that its block needs. */
export function headers(options: HeadersToEncode = {}): number[] {
  const { stream = 1, block = usualBlock, padding, cuts = [] } = options;
  const bounds = [0, ...cuts, block.length];
  const fragments = bounds.slice(1).map((end, i) => block.slice(bounds[i], end));
  const last = fragments.length - 1;
  const endOf = (i: number) => (i === last ? frameFlag.endHeaders : 0);
  const flags =
    endOf(0) |
    (padding === undefined ? 0 : frameFlag.padded) |
    (options.priority === undefined ? 0 : frameFlag.priority);
  const payload = [
    ...(padding === undefined ? [] : [padding]),
    ...(options.priority ?? []),
    ...(fragments[0] ?? []),
    ...new Array<number>(padding ?? 0).fill(0),
  ];
  return [
    ...frame(frameType.headers, flags, stream, payload),
    ...fragments.slice(1).flatMap((part, i) => frame(frameType.continuation, endOf(i + 1), stream, part)),
  ];
}

/** A literal field that nobody remembers. */
export function literal(name: string, value: string): number[] {
  return [...integer(0, 4), ...string(name, false), ...string(value, true)];
}

/** `:method: GET`, `:path: /`, `:authority`, `:scheme: https`, two names: Firefox's order. */
export const usualBlock: readonly number[] = [
  0x82,
  0x84,
  ...[0x41, ...string('shop.example', true)],
  0x87,
  ...[0x7a, ...string('Example/1.0', true)],
  ...literal('x-Own', 'secret'),
];
