import type { RawQuery } from './parameters.ts';

/** Columns of the tables and the short names that the URL uses for them; either is understood. */
const shortNames: Readonly<Record<string, string>> = {
  threat_level: 'level',
  src_ip: 'ip',
  asn_number: 'asn',
  src_asn: 'asn',
  model_name: 'model',
  browser_family: 'browser',
  bot_name: 'bot',
  country_code: 'country',
  campaign_id: 'campaign',
  status_code: 'status',
};

/** The query with columns' names replaced by their short ones. */
export function withShortNames(query: RawQuery): RawQuery {
  const renamed: Record<string, string | string[] | undefined> = Object.create(null);
  for (const [name, value] of Object.entries(query)) {
    const negated = name.startsWith('not_');
    const bare = negated ? name.slice(4) : name;
    const short = Object.hasOwn(shortNames, bare) ? shortNames[bare] : undefined;
    const key = short ? `${negated ? 'not_' : ''}${short}` : name;
    const before = renamed[key];
    renamed[key] = before === undefined ? value : [before, value].flat().filter((item) => item !== undefined);
  }
  return renamed;
}
