import type { HeaderSelection } from './header-selection.ts';

/** What an event says of a request's headers. */
export interface RequestHeaders {
  /** Names in wire order and case, comma-joined, without pseudo-headers. */
  readonly names: string;
  /** Not all names fitted. */
  readonly cut: boolean;
  /** Event key and value, in wire order; the values of a repeated header joined as RFC 9110 section 5.3 says. */
  readonly values: ReadonlyMap<string, string>;
  /** The first Host header. */
  readonly host: string | undefined;
}

/** More names than browsers send in a hundred headers; Node itself takes 16 KiB of header. */
const maxNamesLength = 4_096;

const colon = 0x3a;

/** Reads the flat list of names and values that Node gives, in wire order, as `rawHeaders`. */
export function requestHeaders(rawHeaders: readonly string[], selection: HeaderSelection): RequestHeaders {
  const values = new Map<string, string>();
  let names = '';
  let cut = false;
  let host: string | undefined;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.charCodeAt(0) === colon) continue;
    if (names.length + 1 + name.length > maxNamesLength) cut = true;
    else names = names === '' ? name : `${names},${name}`;
    const lower = name.toLowerCase();
    if (lower === 'host') host ??= rawHeaders[i + 1]!;
    const key = selection.get(lower);
    if (key === undefined) continue;
    const before = values.get(key);
    values.set(key, before === undefined ? rawHeaders[i + 1]! : `${before}, ${rawHeaders[i + 1]!}`);
  }
  return { names, cut, values, host };
}
