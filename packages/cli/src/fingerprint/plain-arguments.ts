import type { FingerprintOptions } from './fingerprint-files.ts';
import type { Format } from './line-formats.ts';

const formats: ReadonlySet<string> = new Set<Format>(['table', 'jsonl', 'tsv']);
const isFormat = (text: string): text is Format => formats.has(text);

/**
 * What `ja4 fingerprint` is asked for where the arguments are plainly right; undefined for everything else,
 * which the command line's parser then explains, completes or refuses. It is loaded for nothing otherwise, and
 * that takes as long as a small capture.
 */
export function plainFingerprint(
  args: readonly string[],
): { readonly files: readonly string[]; readonly options: FingerprintOptions } | undefined {
  if (args[0] !== 'fingerprint') return undefined;
  const files: string[] = [];
  let format: Format | undefined;
  let json = false;
  let stats = false;
  for (let at = 1; at < args.length; at++) {
    const arg = args[at] ?? '';
    const next = args[at + 1] ?? '';
    if (arg === '--json') json = true;
    else if (arg === '--stats') stats = true;
    else if (arg === '--format' && isFormat(next)) {
      format = next;
      at += 1;
    } else if (arg.startsWith('-') && arg !== '-') return undefined;
    else files.push(arg);
  }
  if (files.length === 0) return undefined;
  return { files, options: { json, stats, ...(format === undefined ? {} : { format }) } };
}
