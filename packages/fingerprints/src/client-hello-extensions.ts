import type { ByteReader } from './byte-reader.ts';

/** What the extensions of a ClientHello say, as far as fingerprints and network events use it. */
export interface ExtensionFields {
  /** Host name of server_name, one character per byte as on the wire; not validated. */
  readonly serverName?: string;
  /** Protocol names of ALPN in order, one character (U+0000 to U+00FF) per byte. */
  readonly alpn: readonly string[];
  readonly supportedVersions: readonly number[];
  readonly supportedGroups: readonly number[];
  readonly ecPointFormats: readonly number[];
  readonly signatureAlgorithms: readonly number[];
  /** A pre_shared_key extension is there: TLS 1.3 resumption, or an external key. */
  readonly hasPreSharedKey: boolean;
  /** A session ticket was sent. The empty extension, which only says "I know tickets", does not count. */
  readonly hasSessionTicket: boolean;
}

export const noExtensionFields: ExtensionFields = {
  alpn: [],
  supportedVersions: [],
  supportedGroups: [],
  ecPointFormats: [],
  signatureAlgorithms: [],
  hasPreSharedKey: false,
  hasSessionTicket: false,
};

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

/** One extension's content to the field it stands for; undefined when the content breaks its format. */
type ExtensionParser = (body: ByteReader) => Partial<ExtensionFields> | undefined;

export const extensionParsers: ReadonlyMap<number, ExtensionParser> = new Map<number, ExtensionParser>([
  [extensionType.serverName, serverName],
  [extensionType.supportedGroups, supportedGroups],
  [extensionType.ecPointFormats, ecPointFormats],
  [extensionType.signatureAlgorithms, signatureAlgorithms],
  [extensionType.alpn, alpn],
  [extensionType.sessionTicket, (body) => ({ hasSessionTicket: body.remaining > 0 })],
  [extensionType.preSharedKey, () => ({ hasPreSharedKey: true })],
  [extensionType.supportedVersions, supportedVersions],
]);

/** RFC 6066 section 3: a list of typed names, of which only host_name (0) was ever defined. */
function serverName(body: ByteReader): Partial<ExtensionFields> | undefined {
  const list = body.vector(2);
  if (list === undefined) return undefined;
  const type = list.uint(1);
  const name = list.vector(2);
  if (type !== 0 || name === undefined || name.remaining === 0) return undefined;
  return { serverName: name.restAsBinaryText() };
}

/** RFC 7301 section 3.1. */
function alpn(body: ByteReader): Partial<ExtensionFields> | undefined {
  const list = body.vector(2);
  if (list === undefined) return undefined;
  const names: string[] = [];
  while (list.remaining > 0) {
    const name = list.vector(1);
    if (name === undefined) return undefined;
    names.push(name.restAsBinaryText());
  }
  return { alpn: names };
}

/** RFC 8446 section 4.2.1; the length is one byte in a ClientHello. */
function supportedVersions(body: ByteReader): Partial<ExtensionFields> | undefined {
  const list = body.vector(1);
  return list && { supportedVersions: list.rest(2) };
}

/** RFC 8446 section 4.2.7. */
function supportedGroups(body: ByteReader): Partial<ExtensionFields> | undefined {
  const list = body.vector(2);
  return list && { supportedGroups: list.rest(2) };
}

/** RFC 8422 section 5.1.2. */
function ecPointFormats(body: ByteReader): Partial<ExtensionFields> | undefined {
  const list = body.vector(1);
  return list && { ecPointFormats: list.rest(1) };
}

/** RFC 8446 section 4.2.3. */
function signatureAlgorithms(body: ByteReader): Partial<ExtensionFields> | undefined {
  const list = body.vector(2);
  return list && { signatureAlgorithms: list.rest(2) };
}
