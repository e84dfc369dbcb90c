import type { Reader } from '@ja4/store';
import { z } from 'zod';
import { type LinkQuery, linkTo } from '../links.ts';
import type { Dataset } from '../options.ts';
import { one, type ParameterResult, parseParameters, type RawQuery } from './parameters.ts';
import { defaultFrom, parseTimeRange, type TimeRange } from './time-range.ts';

/** Parameters that every page and route understands. */
export const commonShape = {
  /** Name of the dataset. */
  data: one(z.string()),
  from: one(z.string()),
  to: one(z.string()),
  /** `1`: the page loads itself again every few seconds. */
  live: one(z.enum(['1'])),
};

/** What answering one request needs. */
export interface Context {
  readonly dataset: Dataset;
  readonly datasets: readonly Dataset[];
  readonly range: TimeRange;
  readonly now: Date;
  readonly live: boolean;
  readonly path: string;
  /** The query as it came, for links that change one thing and keep the rest. */
  readonly query: RawQuery;
  readonly reader: Reader;
  /** A link to another page that keeps dataset and time range. */
  link(path: string, query?: LinkQuery): string;
  /** A link to this page with some parameters changed (`undefined` removes one); paging starts again. */
  here(changes: LinkQuery): string;
}

export interface ContextInput {
  readonly datasets: readonly Dataset[];
  readonly path: string;
  readonly query: RawQuery;
  readonly nowMs: number;
  readonly signal?: AbortSignal;
}

/** A request's context and its own parameters, or what is wrong with its query string. */
export function contextOf<Shape extends z.ZodRawShape>(
  input: ContextInput,
  shape: Shape,
): ParameterResult<{ context: Context; parameters: z.output<z.ZodObject<Shape>> }> {
  const names = input.datasets.map((dataset) => dataset.name) as [string, ...string[]];
  const common = parseParameters(input.query, { ...shape, ...commonShape, data: one(z.enum(names)) });
  if (!common.ok) return common;
  const { data, from, to, live } = common.value as { data?: string; from?: string; to?: string; live?: '1' };
  const range = parseTimeRange(from, to, input.nowMs);
  if (!range.ok) {
    return { ok: false, reason: range.reason, parameter: range.reason.startsWith('to') ? 'to' : 'from' };
  }
  const dataset = input.datasets.find((candidate) => candidate.name === data) ?? input.datasets[0];
  if (!dataset) throw new Error('the dashboard was started without a dataset');
  const kept: LinkQuery = {
    data: dataset === input.datasets[0] ? undefined : dataset.name,
    from: range.value.fromText === defaultFrom ? undefined : range.value.fromText,
    to: range.value.toText === 'now' ? undefined : range.value.toText,
  };
  const context: Context = {
    dataset,
    datasets: input.datasets,
    range: range.value,
    now: new Date(input.nowMs),
    live: live === '1',
    path: input.path,
    query: input.query,
    reader: { store: dataset.store, ...(input.signal && { signal: input.signal }) },
    link: (path, query = {}) => linkTo(path, { ...query, ...withoutOverrides(kept, query) }),
    here: (changes) => linkTo(input.path, { ...withoutEmpty(input.query), cursor: undefined, ...changes }),
  };
  return { ok: true, value: { context, parameters: common.value as z.output<z.ZodObject<Shape>> } };
}

const withoutOverrides = (kept: LinkQuery, query: LinkQuery): LinkQuery =>
  Object.fromEntries(Object.entries(kept).filter(([name]) => !Object.hasOwn(query, name)));

const withoutEmpty = (query: RawQuery): LinkQuery =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== '' && value !== undefined));
