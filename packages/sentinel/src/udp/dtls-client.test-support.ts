/** A record of DTLS (RFC 9147, 4.1; RFC 6347, 4.1). */
export interface DtlsRecord {
  /** 22, handshake, by default. */
  content?: number;
  /** DTLS 1.2 (0xfefd) by default. */
  version?: number;
  epoch?: number;
}

export function dtlsRecord(content: Uint8Array, record: DtlsRecord = {}): Uint8Array {
  const { version = 0xfefd, epoch = 0 } = record;
  return Buffer.from([
    record.content ?? 22,
    ...uint(version, 2),
    ...uint(epoch, 2),
    ...uint(0, 6),
    ...uint(content.length, 2),
    ...content,
  ]);
}

export interface Fragment {
  /** `message_seq`; 0 by default. */
  sequence?: number;
  /** `[start, end)` of the body; all of it by default. */
  piece?: readonly [start: number, end: number];
}

/**
 * A fragment of a handshake message (RFC 6347, 4.2.2), which is given with the header it has in TLS: type and
 * length of three bytes.
 */
export function handshakeFragment(message: Uint8Array, fragment: Fragment = {}): Uint8Array {
  const body = message.subarray(4);
  const [start, end] = fragment.piece ?? [0, body.length];
  return Buffer.from([
    message[0] ?? 0,
    ...uint(body.length, 3),
    ...uint(fragment.sequence ?? 0, 2),
    ...uint(start, 3),
    ...uint(end - start, 3),
    ...body.subarray(start, end),
  ]);
}

/** TURN's Data indication (RFC 8656, 11): peer address, then the datagram. */
export function dataIndication(datagram: Uint8Array): Uint8Array {
  const padded = Buffer.concat([datagram, Buffer.alloc(-datagram.length & 3)]);
  const attributes = Buffer.from([
    ...uint(0x0012, 2),
    ...uint(8, 2),
    ...uint(0, 8),
    ...uint(0x0013, 2),
    ...uint(datagram.length, 2),
    ...padded,
  ]);
  const header = [...uint(0x0017, 2), ...uint(attributes.length, 2), ...uint(0x2112a442, 4), ...uint(1, 12)];
  return Buffer.from([...header, ...attributes]);
}

/** TURN's ChannelData (RFC 8656, 12.4). */
export function channelData(datagram: Uint8Array): Uint8Array {
  return Buffer.from([...uint(0x4001, 2), ...uint(datagram.length, 2), ...datagram]);
}

function uint(value: number, width: number): number[] {
  return Array.from({ length: width }, (_, i) => Math.floor(value / 256 ** (width - 1 - i)) & 0xff);
}
