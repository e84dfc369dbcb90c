import type { Position } from '@ja4/store';
import { z } from 'zod';

/** NUL cannot be bound as a parameter, and no value that was sorted by holds one. */
const bound = (longest: number) =>
  z
    .string()
    .max(longest)
    .refine((text) => !text.includes('\0'));
const shape = z.tuple([z.number(), bound(8192), bound(64)]);

/** Where the next page begins, as a word for the URL. */
export function writeCursor(position: Position): string {
  const values = [position.sort_number, position.sort_text, position.row_key];
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** The position a cursor holds; undefined for anything that `writeCursor` did not write. */
export function readCursor(text: string): Position | undefined {
  if (text.length > 12_000 || !/^[\w-]+$/.test(text)) return undefined;
  try {
    const parsed = shape.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    if (!parsed.success) return undefined;
    const [sort_number, sort_text, row_key] = parsed.data;
    return { sort_number, sort_text, row_key };
  } catch {
    // Not JSON: someone else's text.
    return undefined;
  }
}
