/**
 * The 16 bytes of an address, IPv4 as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2), written to `target` at
 * `offset`. Takes dotted IPv4 and every IPv6 text form of RFC 4291 section 2.2; returns false, with the
 * target undefined, for anything else (a zone index included).
 */
export function writeAddress(text: string, target: Uint8Array, offset: number): boolean {
  if (!text.includes(':')) {
    target.fill(0, offset, offset + 10);
    target.fill(0xff, offset + 10, offset + 12);
    return writeIpv4(text, target, offset + 12);
  }
  return writeIpv6(text, target, offset);
}

function writeIpv4(text: string, target: Uint8Array, offset: number): boolean {
  let octet = 0;
  let digits = 0;
  let written = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) {
      octet = octet * 10 + code - 48;
      digits += 1;
      if (octet > 255 || digits > 3) return false;
    } else if (digits > 0 && written < 4 && (code === 46 || i === text.length)) {
      target[offset + written] = octet;
      written += 1;
      octet = 0;
      digits = 0;
    } else {
      return false;
    }
  }
  return written === 4;
}

function writeIpv6(text: string, target: Uint8Array, offset: number): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const head = groups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1] ?? '', true) : [];
  if (!head || !tail) return false;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return false;
  const all = [...head, ...new Array<number>(missing).fill(0), ...tail];
  all.forEach((group, index) => {
    target[offset + index * 2] = group >> 8;
    target[offset + index * 2 + 1] = group & 0xff;
  });
  return true;
}

/** The 16-bit groups of a part of an address without `::`; only the last part may end in dotted IPv4. */
function groups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const last = parts.at(-1) ?? '';
  const found: number[] = [];
  const hexParts = mayEndInIpv4 && last.includes('.') ? parts.slice(0, -1) : parts;
  for (const part of hexParts) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
    found.push(Number.parseInt(part, 16));
  }
  if (hexParts.length < parts.length) {
    const ipv4 = new Uint8Array(4);
    if (!writeIpv4(last, ipv4, 0)) return undefined;
    found.push(((ipv4[0] ?? 0) << 8) | (ipv4[1] ?? 0), ((ipv4[2] ?? 0) << 8) | (ipv4[3] ?? 0));
  }
  return found.length <= 8 ? found : undefined;
}
