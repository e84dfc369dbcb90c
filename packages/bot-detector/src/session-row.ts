import { features } from '@ja4/features';
import type { SessionRow } from '@ja4/store';
import type { Session } from './session.ts';

/** Seconds since 1970 of a time in UTC as the store writes it (`YYYY-MM-DD hh:mm:ss`). */
const secondsOf = (time: string) => Date.parse(`${time.replace(' ', 'T')}Z`) / 1000;

/** A row of the store's session features as a session. */
export function sessionOf(row: SessionRow): Session {
  return {
    srcIp: row.src_ip,
    tlsStack: row.tls_stack,
    ja4: row.ja4,
    host: row.host,
    windowStart: secondsOf(row.window_start),
    firstSeen: secondsOf(row.first_seen),
    lastSeen: secondsOf(row.last_seen),
    hits: row.hits,
    correlated: row.correlated > 0 && row.tls_stack !== '',
    userAgent: row.first_ua,
    botName: row.bot_name,
    browserFamily: row.browser_family,
    tlsContext: row.tls_context,
    h2Fingerprint: row.h2_fingerprint,
    h2Family: row.h2_browser_family,
    h2Context: row.h2_context,
    asn: {
      number: row.asn_number,
      name: row.asn_detail,
      org: row.asn_org,
      domain: row.asn_domain,
      country: row.country_code,
      label: row.asn_label,
    },
    features: new Map(features.map(({ name }, i) => [name, row.features[i] ?? Number.NaN])),
  };
}
