/** Tables of a TrueType font by tag. Source: OpenType 1.9, "Organization of an OpenType Font". */
function tablesOf(font: Buffer): Map<string, Buffer> {
  const tables = new Map<string, Buffer>();
  for (let i = 0; i < font.readUInt16BE(4); i++) {
    const at = 12 + 16 * i;
    const offset = font.readUInt32BE(at + 8);
    tables.set(
      font.toString('latin1', at, at + 4),
      font.subarray(offset, offset + font.readUInt32BE(at + 12)),
    );
  }
  return tables;
}

function tableOf(tables: Map<string, Buffer>, tag: string): Buffer {
  const table = tables.get(tag);
  if (!table) throw new Error(`The font has no table ${tag}: it is not a TrueType font that this can cut`);
  return Buffer.from(table);
}

/** Glyph of a character by the format 4 subtable that TrueType fonts for the Basic Multilingual Plane have. */
function glyphOf(cmap: Buffer, character: number): number {
  for (let i = 0; i < cmap.readUInt16BE(2); i++) {
    const at = cmap.readUInt32BE(4 + 8 * i + 4);
    if (cmap.readUInt16BE(at) !== 4) continue;
    const segments = cmap.readUInt16BE(at + 6);
    for (let s = 0; s < segments; s += 2) {
      const start = cmap.readUInt16BE(at + 16 + segments + s);
      if (character > cmap.readUInt16BE(at + 14 + s) || character < start) continue;
      const delta = cmap.readUInt16BE(at + 16 + 2 * segments + s);
      const rangeAt = at + 16 + 3 * segments + s;
      const range = cmap.readUInt16BE(rangeAt);
      if (range === 0) return (character + delta) & 0xffff;
      return (cmap.readUInt16BE(rangeAt + range + 2 * (character - start)) + delta) & 0xffff;
    }
  }
  return 0;
}

/** Offsets of the component glyph numbers inside a composite glyph ("glyf", composite glyph description). */
function componentsOf(glyph: Buffer): number[] {
  const offsets: number[] = [];
  if (glyph.length < 10 || glyph.readInt16BE(0) >= 0) return offsets;
  for (let at = 10, flags = 0x20; flags & 0x20; ) {
    flags = glyph.readUInt16BE(at);
    offsets.push(at + 2);
    at += 4 + (flags & 1 ? 4 : 2) + (flags & 8 ? 2 : flags & 0x40 ? 4 : flags & 0x80 ? 8 : 0);
  }
  return offsets;
}

/** A cmap with one format 4 subtable that maps a row of characters to glyphs 1, 2, 3, … */
function cmapOf(first: number, last: number): Buffer {
  const words = [
    ...[0, 1, 3, 1, 0, 12, 4, 32, 0, 4, 4, 1, 0],
    ...[last, 0xffff, 0, first, 0xffff, (1 - first) & 0xffff, 1, 0, 0],
  ];
  const table = Buffer.alloc(words.length * 2);
  for (const [i, word] of words.entries()) table.writeUInt16BE(word, i * 2);
  return table;
}

function checksum(data: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 4 <= data.length; at += 4) sum = (sum + data.readUInt32BE(at)) >>> 0;
  return sum;
}

function assemble(tables: readonly (readonly [tag: string, data: Buffer])[]): Buffer {
  const power = 2 ** Math.floor(Math.log2(tables.length));
  const header = Buffer.alloc(12 + 16 * tables.length);
  header.writeUInt32BE(0x00010000, 0);
  header.writeUInt16BE(tables.length, 4);
  header.writeUInt16BE(power * 16, 6);
  header.writeUInt16BE(Math.log2(power), 8);
  header.writeUInt16BE((tables.length - power) * 16, 10);
  const parts = [header];
  let offset = header.length;
  for (const [i, [tag, data]] of tables.entries()) {
    const padded = Buffer.concat([data, Buffer.alloc(-data.length & 3)]);
    header.write(tag, 12 + 16 * i, 'latin1');
    header.writeUInt32BE(checksum(padded), 16 + 16 * i);
    header.writeUInt32BE(offset, 20 + 16 * i);
    header.writeUInt32BE(data.length, 24 + 16 * i);
    parts.push(padded);
    offset += padded.length;
  }
  return Buffer.concat(parts);
}

/**
 * A TrueType font with the characters `first` to `last` only (all of them in one plane), without hints and
 * layout tables: what sites do to make their fonts small.
 */
export function fontSubset(font: Buffer, first: number, last: number): Buffer {
  const tables = tablesOf(font);
  const [head, hhea, maxp] = [tableOf(tables, 'head'), tableOf(tables, 'hhea'), tableOf(tables, 'maxp')];
  const [glyf, loca, cmap] = [tableOf(tables, 'glyf'), tableOf(tables, 'loca'), tableOf(tables, 'cmap')];
  const hmtx = tableOf(tables, 'hmtx');
  const wide = head.readInt16BE(50) === 1;
  const offsetOf = (glyph: number) =>
    wide ? loca.readUInt32BE(glyph * 4) : loca.readUInt16BE(glyph * 2) * 2;
  const metrics = hhea.readUInt16BE(34);
  const kept = [0];
  for (let character = first; character <= last; character++) kept.push(glyphOf(cmap, character));
  const cut: Buffer[] = [];
  // Grows while components are found that no character of its own asks for.
  for (let i = 0; i < kept.length; i++) {
    const glyph = Buffer.from(glyf.subarray(offsetOf(kept[i] ?? 0), offsetOf((kept[i] ?? 0) + 1)));
    for (const at of componentsOf(glyph)) {
      const component = glyph.readUInt16BE(at);
      if (!kept.includes(component)) kept.push(component);
      glyph.writeUInt16BE(kept.indexOf(component), at);
    }
    cut.push(Buffer.concat([glyph, Buffer.alloc(-glyph.length & 3)]));
  }
  const places = Buffer.alloc((kept.length + 1) * 4);
  const widths = Buffer.alloc(kept.length * 4);
  let offset = 0;
  for (const [i, glyph] of kept.entries()) {
    places.writeUInt32BE(offset, i * 4);
    offset += cut[i]?.length ?? 0;
    const metric = Math.min(glyph, metrics - 1) * 4;
    hmtx.copy(widths, i * 4, metric, metric + 4);
  }
  places.writeUInt32BE(offset, kept.length * 4);
  head.writeInt16BE(1, 50);
  hhea.writeUInt16BE(kept.length, 34);
  maxp.writeUInt16BE(kept.length, 4);
  const post = Buffer.alloc(32);
  post.writeUInt32BE(0x00030000, 0);
  return assemble([
    ['OS/2', tableOf(tables, 'OS/2')],
    ['cmap', cmapOf(first, last)],
    ['glyf', Buffer.concat(cut)],
    ['head', head],
    ['hhea', hhea],
    ['hmtx', widths],
    ['loca', places],
    ['maxp', maxp],
    ['name', tableOf(tables, 'name')],
    ['post', post],
  ]);
}
