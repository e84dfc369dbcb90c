import { byteText, numberList, vectorEnd } from './vector.ts';

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
  /** ALPS (draft-vvv-tls-alps) by its first and its present code, both of Chromium. */
  applicationSettingsOld: 0x4469,
  applicationSettings: 0x44cd,
} as const;

/** A bit for each type that {@link readExtension} reads, by type; no entry or 0 for the others. */
export const readTypes: Readonly<Uint8Array> = bitPerType(
  extensionType.serverName,
  extensionType.supportedGroups,
  extensionType.ecPointFormats,
  extensionType.signatureAlgorithms,
  extensionType.alpn,
  extensionType.sessionTicket,
  extensionType.preSharedKey,
  extensionType.supportedVersions,
);

function bitPerType(...types: number[]): Uint8Array {
  const bits = new Uint8Array(Math.max(...types) + 1);
  for (const [index, type] of types.entries()) bits[type] = 1 << index;
  return bits;
}

/** Reads an extension's body, `bytes[from, to)`, into its field; false when the body breaks its format. */
export function readExtension(
  fields: ExtensionFields,
  type: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean {
  switch (type) {
    case extensionType.serverName:
      return readServerName(fields, bytes, from, to);
    case extensionType.alpn:
      return readAlpn(fields, bytes, from, to);
    case extensionType.sessionTicket: // RFC 5077 section 3.2
      fields.hasSessionTicket = to > from;
      return true;
    case extensionType.preSharedKey: // RFC 8446 section 4.2.11
      fields.hasPreSharedKey = true;
      return true;
    default:
      return readNumbers(fields, type, bytes, from, to);
  }
}

/** RFC 6066 section 3: a list of typed names, of which only host_name (0) was ever defined. */
function readServerName(fields: ExtensionFields, bytes: Uint8Array, from: number, to: number): boolean {
  const listEnd = vectorEnd(bytes, from, 2, to);
  if (listEnd < 0 || listEnd === from + 2 || bytes[from + 2] !== 0) return false;
  const nameEnd = vectorEnd(bytes, from + 3, 2, listEnd);
  const nameStart = from + 5;
  if (nameEnd <= nameStart) return false;
  fields.serverName = byteText(bytes, nameStart, nameEnd);
  return true;
}

/** RFC 7301 section 3.1. */
function readAlpn(fields: ExtensionFields, bytes: Uint8Array, from: number, to: number): boolean {
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

/**
 * Extensions that are one vector of numbers: groups (RFC 8446 section 4.2.7) and signature algorithms (4.2.3)
 * after a length of two bytes, versions (4.2.1) and point formats (RFC 8422 section 5.1.2) after one.
 */
function readNumbers(
  fields: ExtensionFields,
  type: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean {
  const isShort = type === extensionType.supportedVersions || type === extensionType.ecPointFormats;
  const lengthWidth = isShort ? 1 : 2;
  const end = vectorEnd(bytes, from, lengthWidth, to);
  if (end < 0) return false;
  const numbers = numberList(bytes, from + lengthWidth, end, type === extensionType.ecPointFormats ? 1 : 2);
  if (type === extensionType.supportedGroups) fields.supportedGroups = numbers;
  else if (type === extensionType.signatureAlgorithms) fields.signatureAlgorithms = numbers;
  else if (type === extensionType.supportedVersions) fields.supportedVersions = numbers;
  else fields.ecPointFormats = numbers;
  return true;
}
