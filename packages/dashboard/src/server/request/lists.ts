import {
  type PageOf,
  type Position,
  type RequestChoice,
  type RequestSort,
  requestSorts,
  type VerdictChoice,
  type VerdictSort,
  type VerdictTable,
  verdictSorts,
} from '@ja4/store';
import { z } from 'zod';
import { claimPatterns } from '../explain/user-agent.ts';
import { levelNames } from '../levels.ts';
import { readCursor } from './cursor.ts';
import { storedPrefix } from './network.ts';
import { many, one, text } from './parameters.ts';

const integer = (max: number, what: string, min = 0) =>
  z
    .string()
    .regex(/^-?\d{1,10}$/, `must be ${what}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be ${what}`);

/** `AS64501` or `64501`. */
const asNumber = z
  .string()
  .transform((value) => value.replace(/^as/i, ''))
  .pipe(integer(4_294_967_295, 'a network number such as 64501'));

const prefix = z.string().transform((value, context) => {
  const stored = storedPrefix(value);
  if (stored) return stored;
  context.addIssue({ code: 'custom', message: 'must be an address or a network such as 198.18.0.0/20' });
  return z.NEVER;
});

const cursor = z.string().transform((value, context): Position => {
  const position = readCursor(value);
  if (position) return position;
  context.addIssue({ code: 'custom', message: 'is not one of ours: start again without it' });
  return z.NEVER;
});

const listOf = <Item>(item: z.ZodType<Item, string>) => z.array(item).max(50, 'stands more than 50 times');

const pageShape = {
  order: one(z.enum(['asc', 'desc'])),
  limit: one(integer(1000, 'a number from 1 to 1000', 1)),
  cursor: one(cursor),
};

/** Columns whose values a list of verdicts can be narrowed to (`level=HIGH`) or cleared of (`not_level=HIGH`). */
export const verdictFields = [
  'level',
  'ip',
  'ja4',
  'tls_stack',
  'asn',
  'host',
  'country',
  'browser',
  'bot',
  'model',
  'campaign',
  'says',
] as const;

const level = listOf(z.enum(levelNames));
const saying = listOf(z.enum(['browser', 'program', 'nothing']));
const campaign = listOf(integer(2_147_483_647, 'a campaign number', -1));

export const verdictListShape = {
  level,
  not_level: level,
  ip: listOf(prefix),
  not_ip: listOf(prefix),
  ja4: many,
  not_ja4: many,
  tls_stack: many,
  not_tls_stack: many,
  asn: listOf(asNumber),
  not_asn: listOf(asNumber),
  host: many,
  not_host: many,
  country: many,
  not_country: many,
  browser: many,
  not_browser: many,
  bot: many,
  not_bot: many,
  model: many,
  not_model: many,
  campaign,
  not_campaign: campaign,
  says: saying,
  not_says: saying,
  search: one(text),
  sort: one(z.enum(verdictSorts)),
  ...pageShape,
};

type Parsed<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>;

/** Filters of a list of verdicts as the query takes them. */
export function verdictChoice(table: VerdictTable, given: Parsed<typeof verdictListShape>): VerdictChoice {
  const { level, ip, ja4, tls_stack, asn, host, country, browser, bot, model, campaign, says } = given;
  return {
    table,
    claims: claimPatterns,
    only: { level, ip, ja4, tls_stack, asn, host, country, browser, bot, model, campaign, says },
    not: {
      level: given.not_level,
      ip: given.not_ip,
      ja4: given.not_ja4,
      tls_stack: given.not_tls_stack,
      asn: given.not_asn,
      host: given.not_host,
      country: given.not_country,
      browser: given.not_browser,
      bot: given.not_bot,
      model: given.not_model,
      campaign: given.not_campaign,
      says: given.not_says,
    },
    search: given.search ?? '',
  };
}

/** Page of a list of verdicts: by default the most urgent first, 100 rows. */
export function verdictPage(given: Parsed<typeof verdictListShape>): PageOf<VerdictSort> {
  const sort = given.sort ?? 'threat_level';
  return pageOf(sort, given);
}

/** Columns whose values a list of requests can be narrowed to or cleared of. */
export const requestFields = [
  'ip',
  'method',
  'host',
  'path',
  'status',
  'http_version',
  'ja4',
  'tls_stack',
  'asn',
] as const;

const status = listOf(integer(999, 'a status such as 404'));

export const requestListShape = {
  ip: listOf(prefix),
  not_ip: listOf(prefix),
  method: many,
  not_method: many,
  host: many,
  not_host: many,
  path: many,
  not_path: many,
  http_version: many,
  not_http_version: many,
  status,
  not_status: status,
  ja4: many,
  not_ja4: many,
  tls_stack: many,
  not_tls_stack: many,
  asn: listOf(asNumber),
  not_asn: listOf(asNumber),
  search: one(text),
  sort: one(z.enum(requestSorts)),
  ...pageShape,
};

/** Filters of a list of requests as the query takes them. */
export function requestChoice(given: Parsed<typeof requestListShape>): RequestChoice {
  const { ip, method, host, path, http_version, status, ja4, tls_stack, asn } = given;
  return {
    only: { ip, method, host, path, http_version, status, ja4, tls_stack, asn },
    not: {
      ip: given.not_ip,
      method: given.not_method,
      host: given.not_host,
      path: given.not_path,
      http_version: given.not_http_version,
      status: given.not_status,
      ja4: given.not_ja4,
      tls_stack: given.not_tls_stack,
      asn: given.not_asn,
    },
    search: given.search ?? '',
  };
}

/** Page of a list of requests: by default the newest first, 100 rows. */
export function requestPage(given: Parsed<typeof requestListShape>): PageOf<RequestSort> {
  return pageOf(given.sort ?? 'time', given);
}

/** Columns of text read from A to Z first, numbers and times from the greatest. */
const textSorts = new Set<string>([
  'src_ip',
  'ja4',
  'host',
  'asn_org',
  'country_code',
  'src_country_code',
  'bot_name',
  'browser_family',
  'method',
  'path',
  'http_version',
  'header_user_agent',
]);

/** The order a column is sorted in when none is given. */
export function usualOrder(sort: string): 'asc' | 'desc' {
  return textSorts.has(sort) ? 'asc' : 'desc';
}

function pageOf<Sort extends string>(sort: Sort, given: Parsed<typeof pageShape>): PageOf<Sort> {
  return {
    sort,
    descending: (given.order ?? usualOrder(sort)) === 'desc',
    limit: given.limit ?? 100,
    after: given.cursor,
  };
}
