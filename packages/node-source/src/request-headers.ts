import type { HeaderSelection } from './header-selection.ts';

/** What an event says of a request's headers. */
export interface RequestHeaders {
  /** Names in wire order and case, comma-joined, without pseudo-headers. */
  readonly names: string;
  /** Not all names fitted. */
  readonly cut: boolean;
  /** Values by the index of the selection; those of a repeated header joined (RFC 9110 section 5.3). */
  readonly values: readonly (string | undefined)[];
  /** The first Host header. */
  readonly host: string | undefined;
}

/** More than the names of a hundred headers; Node itself takes 16 KiB of header. */
const maxNamesLength = 4_096;

const colon = 0x3a;
const isHost = /^host$/i;

/** Reads the flat list of names and values that Node gives, in wire order, as `rawHeaders`. */
export function requestHeaders(rawHeaders: readonly string[], selection: HeaderSelection): RequestHeaders {
  const values: (string | undefined)[] = new Array(selection.keys.length).fill(undefined);
  const names: string[] = [];
  let namesLength = 0;
  let host: string | undefined;
  let cut = false;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.charCodeAt(0) === colon) continue;
    if (namesLength + name.length > maxNamesLength) cut = true;
    else {
      names.push(name);
      namesLength += name.length + 1;
    }
    if (host === undefined && name.length === 4 && isHost.test(name)) host = rawHeaders[i + 1]!;
    const index = selection.indexOf(name);
    if (index === -1) continue;
    const before = values[index];
    values[index] = before === undefined ? rawHeaders[i + 1]! : `${before}, ${rawHeaders[i + 1]!}`;
  }
  return { names: names.join(','), cut, values, host };
}
