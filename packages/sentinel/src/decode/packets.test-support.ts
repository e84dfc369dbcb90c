import { newCaptureStatistics } from '../capture-statistics.ts';
import { ipPacket } from '../synthetic/index.ts';
import { FrameDecoder } from './frame.ts';

const segment = { srcPort: 51_234, dstPort: 443, sequence: 1, flags: 0x18, payload: Uint8Array.of(1, 2, 3) };

/** The packets that tests look for inside others: TCP with the payload 1, 2, 3. */
export const innerIpv4 = ipPacket({ ...segment, src: '198.18.16.7', dst: '198.18.0.10' });
export const innerIpv6 = ipPacket({ ...segment, src: '2001:db8:16::7', dst: '2001:db8:0:1::10' });

/** Bytes of hexadecimal text (blanks and `|` part fields), numbers and byte arrays, one after the other. */
export function bytes(...parts: (string | Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === 'string' ? [...Buffer.from(part.replace(/[\s|]/g, ''), 'hex')] : [...part],
    ),
  );
}

/** Hexadecimal text of bytes, which a failing test shows on one line. */
export function hex(content: Uint8Array): string {
  return Buffer.from(content).toString('hex');
}

export function uint16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

export function ethernet(etherType: number, payload: Uint8Array): Uint8Array {
  return bytes('02 00 00 00 00 02 | 02 00 00 00 00 01', uint16(etherType), payload);
}

export interface Ipv4Fields {
  id?: number;
  /** Flags and fragment offset as they stand in the header. */
  fragment?: number;
  src?: string;
}

/** RFC 791 section 3.1. */
export function ipv4(protocol: number, payload: Uint8Array, fields: Ipv4Fields = {}): Uint8Array {
  const { id = 0, fragment = 0, src = '192.0.2.1' } = fields;
  const lengths = [...uint16(20 + payload.length), ...uint16(id), ...uint16(fragment)];
  return bytes('45 00', lengths, [64, protocol], '00 00', src.split('.').map(Number), 'c0 00 02 02', payload);
}

/** RFC 8200 section 3. */
export function ipv6(next: number, payload: Uint8Array): Uint8Array {
  const [src, dst] = ['20010db8 00000000 00000000 00000001', '20010db8 00000000 00000000 00000002'];
  return bytes('60 00 00 00', uint16(payload.length), [next, 64], src, dst, payload);
}

/** RFC 768. */
export function udp(source: number, destination: number, payload: Uint8Array): Uint8Array {
  return bytes(uint16(source), uint16(destination), uint16(8 + payload.length), '00 00', payload);
}

export const udpProtocol = 17;

/** Decodes one frame, which lies somewhere inside a larger buffer as in a capture. */
export function decode(frame: Uint8Array, type: number, decoder?: FrameDecoder, nowNs = 0) {
  const statistics = newCaptureStatistics();
  const used = decoder ?? new FrameDecoder(statistics);
  const buffer = new Uint8Array(frame.length + 100).fill(0xff);
  buffer.set(frame, 50);
  const outcome = used.decode(buffer, 50, 50 + frame.length, type, nowNs);
  return { ...result(used, outcome), counted: counted(statistics) };
}

/** What a decoder says of the packet it decoded last; the payload is that of a TCP header of 20 bytes. */
export function result(decoder: FrameDecoder, outcome: string) {
  const { layout, more } = decoder;
  const isOk = outcome === 'ok';
  const payload = isOk ? Array.from(layout.buffer.subarray(layout.transport + 20, layout.end)) : [];
  const packet = isOk ? hex(layout.buffer.subarray(layout.ip, layout.end)) : '';
  return { outcome, more, payload, packet, protocol: layout.protocol, layout };
}

/** The counters that are not 0. */
export function counted(statistics: object): Record<string, number> {
  return Object.fromEntries(Object.entries(statistics).filter(([, value]) => value !== 0));
}
