import { z } from 'zod';
import { nearest } from './nearest.ts';

/** What a query string holds once Fastify has split it. */
export type RawQuery = Readonly<Record<string, string | string[] | undefined>>;

export type ParameterResult<T> = { ok: true; value: T } | { ok: false; reason: string; parameter: string };

/** Longest value of a parameter that is looked at, in characters. */
const longestValue = 512;
/** Most values of one parameter. */
const most = 50;

/** A parameter that may stand once. */
export const one = <Value>(schema: z.ZodType<Value, string>) =>
  z
    .array(z.string())
    .max(1, 'may stand once only')
    .transform((values) => values[0])
    .pipe(schema.optional());

/** Whether a value can be a filter: not too long, and without NUL, which bound parameters cannot hold. */
export function canFilter(value: string): boolean {
  return value.length <= longestValue && !value.includes('\0');
}

/** Text that a filter compares with; empty fields of a form count as absent. */
export const text = z
  .string()
  .max(longestValue, `is longer than ${longestValue} characters`)
  .refine(canFilter, 'holds a NUL character');

/** Every value of a parameter that may be repeated. */
export const many = z.array(text).max(most, `stands more than ${most} times`);

/**
 * Parses a query string against `shape` (values arrive as arrays of text). Unknown names and wrong values are
 * refused with the nearest name or value that would have been right. Empty values are left out, because a form
 * without scripts sends all of its fields.
 */
export function parseParameters<Shape extends z.ZodRawShape>(
  query: RawQuery,
  shape: Shape,
): ParameterResult<z.output<z.ZodObject<Shape>>> {
  const names = Object.keys(shape);
  const values: Record<string, string[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (const [name, value] of Object.entries(query)) {
    if (!Object.hasOwn(shape, name)) return { ok: false, parameter: name, reason: unknownName(name, names) };
    values[name] = (Array.isArray(value) ? value : [value ?? '']).filter((item) => item !== '');
  }
  const parsed = z.object(shape).safeParse(values);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0];
  const parameter = String(issue?.path[0] ?? '');
  return { ok: false, parameter, reason: `${parameter} ${wrongValue(issue, values[parameter] ?? [])}` };
}

function unknownName(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  const shown = name.slice(0, 40);
  const hint = near ? `did you mean "${near}"?` : `known are ${names.join(', ')}`;
  return `there is no parameter "${shown}": ${hint}`;
}

function wrongValue(issue: z.core.$ZodIssue | undefined, given: readonly string[]): string {
  if (issue?.code !== 'invalid_value') return issue?.message ?? 'has a wrong value';
  const allowed = issue.values.map(String);
  const wrong = given.find((value) => !allowed.includes(value)) ?? '';
  const near = nearest(wrong, allowed);
  const hint = near ? `did you mean "${near}"?` : '';
  return `cannot be "${wrong.slice(0, 40)}": ${hint}${hint && ' '}allowed are ${allowed.join(', ')}`;
}
