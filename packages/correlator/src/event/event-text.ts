/** Longest event text, in UTF-16 units; a UNIX datagram of the contract is far shorter. */
export const maxEventLength = 65_536;

/** An event's fields as they came. They are nobody else's, so a dialect may put others in their place. */
export type Fields = { [key: string]: unknown };

export type ReadObject =
  | { readonly ok: true; readonly fields: Fields }
  | { readonly ok: false; readonly reason: 'too_large' | 'not_json' | 'not_an_object' };

const notJson: ReadObject = { ok: false, reason: 'not_json' };
const notAnObject: ReadObject = { ok: false, reason: 'not_an_object' };

/** `"\ud800"` is valid JSON but no text: the store could not take it. */
const escapedSurrogate = /\\u[dD][89a-fA-F]/;

function parseJson(text: string): unknown {
  // Plain searches are ten times as fast as the expression, and nearly always enough.
  if (!text.includes('\\') || !text.includes('\\u') || !escapedSurrogate.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  );
}

const [openingBrace, closingBrace] = [0x7b, 0x7d];
/** JSON's white space is all below. */
const space = 0x20;
/** What a JSON value that is no object begins with. */
const otherValues = new Set(Array.from('["-0123456789tfn', (character) => character.charCodeAt(0)));

/** Whether the first and last characters, white space aside, leave a chance that it is JSON. */
function mayBeJson(text: string): boolean {
  let first = 0;
  let last = text.length - 1;
  while (first < last && text.charCodeAt(first) <= space) first++;
  if (text.charCodeAt(first) !== openingBrace) return otherValues.has(text.charCodeAt(first));
  while (last > first && text.charCodeAt(last) <= space) last--;
  return text.charCodeAt(last) === closingBrace;
}

/** One event's text to its fields, or why not. */
export function readObject(text: string): ReadObject {
  if (text.length > maxEventLength) return { ok: false, reason: 'too_large' };
  // An exception costs as much as an event, and what floods a socket is seldom nearly JSON.
  if (!mayBeJson(text)) return notJson;
  // With a stack, which nobody would read, it costs more than twice as much.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    // JSON.parse throws for anything that is not JSON; that is the whole answer.
    return notJson;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return notAnObject;
  return { ok: true, fields: value as Fields };
}
