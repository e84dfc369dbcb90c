import type { Feature } from './feature.ts';

/** 1 = TLS and HTTP/2 come from one client, 0 = not, NULL = one of them is unknown. */
const h2Coherence = `multiIf(
      tls_context = '' OR h2_context = '', NULL,
      tls_context = 'browser' OR h2_context = 'browser', tls_context = h2_context AND browser_family = h2_browser_family,
      1)`;

/** 1 = the User-Agent claims what the TLS stack is, 0 = another engine, or a browser where there is a tool. */
const claimCoherence = `multiIf(tls_context = '', NULL, browser_family = claimed_family)`;

/** An axis of the score: unknown is neutral. */
const axis = (sql: string) => `ifNull(toFloat64(${sql}), 0.5)`;

/** Whether the layers of one client agree with each other. */
export const coherenceFeatures: readonly Feature[] = [
  {
    name: 'h2_ja4_coherence',
    label: 'HTTP/2 fits TLS',
    meaning:
      'Whether HTTP/2 preface and TLS stack are known from the same engine, or both from tools. Unknown where either is.',
    layer: 'coherence',
    unit: 'flag',
    sql: h2Coherence,
    model: 'Complet',
    range: [0, 1],
    suspicious: 'low',
    missing: -1,
  },
  {
    name: 'ua_tls_mismatch',
    label: 'User-Agent against TLS',
    meaning:
      'Whether the User-Agent claims another engine than the TLS stack is known from, a browser where it is a tool, or a tool where it is a browser. Unknown for an unknown stack.',
    layer: 'coherence',
    unit: 'flag',
    sql: `1 - ${claimCoherence}`,
    model: 'Complet',
    range: [0, 1],
    suspicious: 'high',
    missing: 'zero',
  },
  {
    name: 'fingerprint_coherence_score',
    label: 'Coherence of the layers',
    meaning:
      'Weighted mean of five comparisons: HTTP/2 with TLS (0.25), User-Agent with TLS (0.25), protocol offered with protocol spoken (0.15), headers with each other (0.20), TCP with the system claimed (0.15). What is unknown counts one half.',
    layer: 'coherence',
    unit: 'score',
    sql: `0.25 * ${axis(h2Coherence)}
      + 0.25 * ${axis(claimCoherence)}
      + 0.15 * ${axis(`if(count_correlated > 0, 1 - least(1, (count_h2_offered - count_h2_negotiated) / count_correlated
          * if(host_h2_offered > count_h2_offered,
              (host_h2_negotiated - count_h2_negotiated) / (host_h2_offered - count_h2_offered), 0)
          + count_h2_unoffered / count_correlated), NULL)`)}
      + 0.20 * ${axis(`1 - greatest(count_ua_ch_mismatch / greatest(header_requests, 1),
          count_sec_ch_mobile_mismatch / greatest(header_requests, 1), count_fake_navigate / greatest(count_navigate, 1),
          if(claimed_family IN ('Chromium', 'Firefox'), count_no_sec_fetch / greatest(hits - count_http_scheme, 1), 0))`)}
      + 0.15 * ${axis('1 - count_os_ttl_mismatch / nullIf(count_os_claim, 0)')}`,
    model: 'both',
    range: [0, 1],
    suspicious: 'low',
    missing: 0.5,
  },
];
