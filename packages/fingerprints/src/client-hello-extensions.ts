import { byteText } from './byte-text.ts';
import { uint8List, uint16List, vectorEnd } from './vector.ts';

/** What the extensions of a ClientHello say, as far as fingerprints and network events use it. */
export interface ExtensionFields {
  /** Host name of server_name, one character per byte as on the wire; not validated. */
  serverName?: string;
  /** Protocol names of ALPN in order, one character (U+0000 to U+00FF) per byte. */
  alpn: readonly string[];
  supportedVersions: readonly number[];
  supportedGroups: readonly number[];
  ecPointFormats: readonly number[];
  signatureAlgorithms: readonly number[];
  /** A pre_shared_key extension is there: TLS 1.3 resumption, or an external key. */
  hasPreSharedKey: boolean;
  /** A session ticket was sent. The empty extension, which only says "I know tickets", does not count. */
  hasSessionTicket: boolean;
}

/** Extension types with a meaning here. Source: IANA "TLS ExtensionType Values". */
export const extensionType = {
  serverName: 0,
  supportedGroups: 10,
  ecPointFormats: 11,
  signatureAlgorithms: 13,
  alpn: 16,
  padding: 21,
  compressCertificate: 27,
  sessionTicket: 35,
  preSharedKey: 41,
  earlyData: 42,
  supportedVersions: 43,
  cookie: 44,
} as const;

/** Reads a body, `bytes[from, to)`, into its field; false when the body breaks its format. */
type ExtensionReader = (fields: ExtensionFields, bytes: Uint8Array, from: number, to: number) => boolean;

const readersByType: readonly (readonly [type: number, reader: ExtensionReader])[] = [
  [extensionType.serverName, serverName],
  [extensionType.supportedGroups, supportedGroups],
  [extensionType.ecPointFormats, ecPointFormats],
  [extensionType.signatureAlgorithms, signatureAlgorithms],
  [extensionType.alpn, alpn],
  [extensionType.sessionTicket, sessionTicket],
  [extensionType.preSharedKey, preSharedKey],
  [extensionType.supportedVersions, supportedVersions],
];

export const extensionReaders: readonly ExtensionReader[] = readersByType.map(([, reader]) => reader);

const highestType = Math.max(...readersByType.map(([type]) => type));
const indexByType = new Int8Array(highestType + 1).fill(-1);
for (const [index, [type]] of readersByType.entries()) indexByType[type] = index;

/** Which of {@link extensionReaders} (below 32) reads an extension of this type; -1 for none. */
export function readerIndex(type: number): number {
  return type <= highestType ? indexByType[type]! : -1;
}

/** RFC 6066 section 3: a list of typed names, of which only host_name (0) was ever defined. */
function serverName(fields: ExtensionFields, bytes: Uint8Array, from: number, to: number): boolean {
  const listEnd = vectorEnd(bytes, from, 2, to);
  if (listEnd < 0 || listEnd === from + 2 || bytes[from + 2] !== 0) return false;
  const nameEnd = vectorEnd(bytes, from + 3, 2, listEnd);
  const nameStart = from + 5;
  if (nameEnd <= nameStart) return false;
  fields.serverName = byteText(bytes, nameStart, nameEnd);
  return true;
}

/** RFC 7301 section 3.1. */
function alpn(fields: ExtensionFields, bytes: Uint8Array, from: number, to: number): boolean {
  const listEnd = vectorEnd(bytes, from, 2, to);
  if (listEnd < 0) return false;
  const names: string[] = [];
  for (let at = from + 2; at < listEnd; ) {
    const nameEnd = vectorEnd(bytes, at, 1, listEnd);
    if (nameEnd < 0) return false;
    names.push(byteText(bytes, at + 1, nameEnd));
    at = nameEnd;
  }
  fields.alpn = names;
  return true;
}

/** RFC 8446 section 4.2.1; the length is one byte in a ClientHello. */
function supportedVersions(fields: ExtensionFields, bytes: Uint8Array, from: number, to: number): boolean {
  const end = vectorEnd(bytes, from, 1, to);
  if (end >= 0) fields.supportedVersions = uint16List(bytes, from + 1, end);
  return end >= 0;
}

/** RFC 8446 section 4.2.7. */
function supportedGroups(fields: ExtensionFields, bytes: Uint8Array, from: number, to: number): boolean {
  const end = vectorEnd(bytes, from, 2, to);
  if (end >= 0) fields.supportedGroups = uint16List(bytes, from + 2, end);
  return end >= 0;
}

/** RFC 8422 section 5.1.2. */
function ecPointFormats(fields: ExtensionFields, bytes: Uint8Array, from: number, to: number): boolean {
  const end = vectorEnd(bytes, from, 1, to);
  if (end >= 0) fields.ecPointFormats = uint8List(bytes, from + 1, end);
  return end >= 0;
}

/** RFC 8446 section 4.2.3. */
function signatureAlgorithms(fields: ExtensionFields, bytes: Uint8Array, from: number, to: number): boolean {
  const end = vectorEnd(bytes, from, 2, to);
  if (end >= 0) fields.signatureAlgorithms = uint16List(bytes, from + 2, end);
  return end >= 0;
}

/** RFC 5077 section 3.2. */
function sessionTicket(fields: ExtensionFields, _bytes: Uint8Array, from: number, to: number): boolean {
  fields.hasSessionTicket = to > from;
  return true;
}

/** RFC 8446 section 4.2.11. */
function preSharedKey(fields: ExtensionFields): boolean {
  fields.hasPreSharedKey = true;
  return true;
}
