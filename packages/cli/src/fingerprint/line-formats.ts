import { encodeNetworkEvent, type NetworkEvent } from '@ja4/sentinel';

export type Format = 'table' | 'jsonl' | 'tsv';

const columns: readonly (keyof NetworkEvent)[] = [
  'transport',
  'src_ip',
  'src_port',
  'dst_ip',
  'dst_port',
  'tls_sni',
  'ja3_hash',
  'ja4',
  'tls_stack',
];
/** Widths of the table's columns: enough for the usual; longer values push the rest to the right. */
const widths = [9, 39, 8, 39, 8, 28, 32, 36, 0];

/** Control characters of a name that a stranger chose must not reach a terminal or break a line. */
export const printable = (value: unknown): string =>
  String(value ?? '').replace(
    /[^\x20-\x7e\u00a0-\uffff]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );

const padded = (texts: readonly string[]): string =>
  texts
    .map((text, index) => text.padEnd(widths[index] ?? 0))
    .join(' ')
    .trimEnd();

/** The line of an event, without line feed. */
export const lineOf: Readonly<Record<Format, (file: string, event: NetworkEvent) => string>> = {
  jsonl: (_file, event) => encodeNetworkEvent(event),
  tsv: (file, event) => [printable(file), ...columns.map((column) => printable(event[column]))].join('\t'),
  table: (_file, event) => padded(columns.map((column) => printable(event[column]))),
};

/** The line above all others, where the format has one. */
export const headerOf: Readonly<Record<Format, string | undefined>> = {
  jsonl: undefined,
  tsv: ['file', ...columns].join('\t'),
  table: padded(columns),
};
