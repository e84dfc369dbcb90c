import { count, measured, percent } from '../format/number.ts';

type Phrase = (value: number) => string;

/** What to say of a visitor ("it …") whose value lies above or below what people here do. */
export interface Phrases {
  readonly high?: Phrase;
  readonly low?: Phrase;
}

const words =
  (text: string): Phrase =>
  () =>
    text;
const high = (text: string): Phrases => ({ high: words(text) });
const low = (text: string): Phrases => ({ low: words(text) });
/** A share that is too high: `sends HEAD with all of its requests`, `… with 61 % of its requests`. */
const shareOf =
  (before: string, after: string): Phrase =>
  (value) =>
    value > 0.995 ? `${before}all${after}` : `${before}${percent(value)}${after}`;
/** A share that is too low: `never` is only said where it never happens. */
const seldom =
  (never: string, verb: string, what: string): Phrase =>
  (value) =>
    value < 0.0005 ? never : `${verb} ${what} with only ${percent(value)} of its requests`;
/** A share that is too high where even a part is told: `always` only where it is always. */
const often =
  (always: string, part: string): Phrase =>
  (value) =>
    value > 0.9995 ? always : `${part} in ${percent(value)} of its requests`;
const number =
  (before: string, after: string): Phrase =>
  (value) =>
    `${before}${measured(value)}${after}`;
const whole =
  (before: string, after: string): Phrase =>
  (value) =>
    `${before}${count(Math.round(value))}${after}`;
/** By how far an index from 0 to 1 falls short. */
const graded =
  (...steps: readonly (readonly [below: number, text: string])[]): Phrase =>
  (value) =>
    steps.find(([below]) => value < below)?.[1] ?? steps.at(-1)?.[1] ?? '';

/** By feature, for every side that speaks against a visitor; a test holds that none is missing. */
export const phraseTable: Readonly<Record<string, Phrases>> = {
  true_window_size: {
    high: words('opens TCP with a larger window than people here'),
    low: words('opens TCP with a smaller window than people here'),
  },
  window_mss_ratio: {
    high: words('opens TCP with a larger window than people here'),
    low: words('opens TCP with a smaller window than people here'),
  },
  no_window_scale_ratio: { high: often('opens TCP without window scaling', 'has no window scaling') },
  ip_id_zero_ratio: {
    high: words('numbers its IP packets unlike people here'),
    low: words('numbers its IP packets unlike people here'),
  },
  request_size_variance: high('opens TCP in different ways'),
  anomalous_payload_ratio: { high: often('opens TCP with packets made by hand', 'has odd first packets') },
  ip_df_variance: high('opens TCP in different ways'),
  avg_ttl: {
    high: number('arrives with a TTL of ', ', higher than people here'),
    low: number('arrives with a TTL of ', ', lower than people here'),
  },
  ttl_variance: high('arrives over different paths'),
  syn_timing_cv: {
    high: words('takes very different times for its handshakes'),
    low: words('takes the same time for every handshake, as machines next door do'),
  },
  os_ttl_mismatch_ratio: {
    high: often('has the TTL of another system than it names', 'has the TTL of another system than it names'),
  },
  tls12_ratio: { high: often('offers no more than TLS 1.2', 'offers no more than TLS 1.2') },
  alpn_http_mismatch: high('offers HTTP/2 and then does not speak it'),
  is_alpn_missing: { high: often('offers no ALPN', 'offers no ALPN') },
  missing_sni_ratio: { high: often('names no server in its handshakes', 'names no server') },
  sni_host_mismatch: {
    high: often('names one host to TLS and asks another', 'names one host to TLS and asks another'),
  },
  resumption_ratio: {
    low: (value) =>
      value < 0.0005
        ? 'never resumes a connection'
        : `resumes connections with only ${percent(value)} of its requests`,
  },
  ja3_diversity_ratio: low('shuffles its TLS extensions less than browsers here'),
  distinct_ja4_count: {
    high: (value) => `comes from an address with ${count(Math.round(value))} client stacks`,
  },
  orphan_ratio: {
    high: often('makes requests whose handshakes were not seen', 'has no handshake that was seen'),
  },
  h2_settings_known: low('begins HTTP/2 as no known browser does'),
  h2_pseudo_order_match: low('orders its pseudo-headers as no browser of its kind'),
  header_count: { low: number('sends only ', ' headers a request') },
  has_accept_language: { low: seldom('names no language', 'names', 'a language') },
  has_cookie: { low: seldom('sends no cookie', 'sends', 'a cookie') },
  has_referer: { low: seldom('never says which page it comes from', 'says', 'which page it comes from') },
  has_sec_ch_ua: { low: seldom('sends no client hints', 'sends', 'client hints') },
  modern_browser_score: {
    low: graded([1, 'lacks a modern browser’s headers'], [100, 'lacks some of a modern browser’s headers']),
  },
  sec_fetch_absence_rate: {
    high: often('never says what it fetches for (no Sec-Fetch)', 'leaves out Sec-Fetch'),
  },
  generic_accept_ratio: {
    high: (value) =>
      value > 0.9995
        ? 'accepts anything for a page, as scripts do'
        : `accepts anything for ${percent(value)} of its pages, as scripts do`,
  },
  missing_accept_enc_ratio: { high: often('asks for no compression', 'asks for no compression') },
  ua_ch_mismatch: {
    high: often(
      'names one system in its User-Agent and another in its client hints',
      'names one system in its User-Agent and another in its client hints',
    ),
  },
  sec_ch_mobile_mismatch: {
    high: often('is mobile by one header and not by another', 'is mobile by one header and not by another'),
  },
  is_fake_navigation: { high: shareOf('claims navigations that are none with ', ' of its requests') },
  http10_ratio: { high: shareOf('speaks HTTP/1.0 with ', ' of its requests') },
  http_scheme_ratio: { high: shareOf('uses no TLS with ', ' of its requests') },
  has_xff: { high: shareOf('brings X-Forwarded-For with ', ' of its requests') },
  distinct_header_orders: { high: whole('orders its headers in ', ' ways') },
  distinct_ua_count: { high: whole('uses ', ' User-Agents') },
  is_ua_rotating: high('changes its User-Agent from connection to connection'),
  hits: { high: whole('makes ', ' requests') },
  hit_velocity: { high: (value) => `asks ${measured(value)} times a second` },
  max_requests_per_sec: { high: whole('asks up to ', ' times in one second') },
  temporal_entropy: {
    high: words('spreads its requests more evenly than people here'),
    low: words('sends its requests in fewer bursts than people here'),
  },
  cadence_cv: {
    low: (value) =>
      value < 0.1 ? 'asks for pages as regularly as a clock' : 'asks for pages more evenly than people here',
  },
  burst_ratio: { high: (value) => `asks for ${percent(value)} of its pages within a second of another` },
  pause_ratio: {
    low: (value) =>
      value < 0.0005 ? 'never pauses to read' : `pauses to read after only ${percent(value)} of its pages`,
  },
  fuzzing_index: {
    high: (value) =>
      value >= 1
        ? `tries ${measured(value)} query strings per path`
        : `uses ${measured(value)} query strings per path`,
  },
  path_diversity_ratio: {
    high: (value) =>
      value > 0.995 ? 'asks no path twice' : `asks new paths with ${percent(value)} of its requests`,
    low: (value) =>
      value < 0.3
        ? 'asks the same few paths again and again'
        : `asks new paths with only ${percent(value)} of its requests`,
  },
  url_depth_variance: {
    high: words('jumps between shallow and deep paths'),
    low: words('asks for paths of one depth'),
  },
  asset_ratio: { low: seldom('loads no images, styles or scripts', 'loads', 'images, styles or scripts') },
  direct_access_ratio: { high: shareOf('opens ', ' of its pages without coming from another') },
  post_ratio: { high: shareOf('sends POST with ', ' of its requests') },
  login_post_concentration: { high: shareOf('aims ', ' of its POSTs at sign-in') },
  head_ratio: { high: shareOf('sends HEAD with ', ' of its requests') },
  error_ratio: { high: shareOf('gets errors for ', ' of its requests') },
  not_found_ratio: { high: shareOf('asks for what does not exist with ', ' of its requests') },
  denied_ratio: { high: shareOf('is refused with ', ' of its requests') },
  unusual_content_type_ratio: { high: shareOf('sends ', ' of its POSTs in unusual formats') },
  non_standard_port_ratio: { high: shareOf('asks an unusual port with ', ' of its requests') },
  port_exhaustion_ratio: {
    high: (value) =>
      value > 0.9
        ? 'opens a new connection for nearly every request'
        : `opens a new connection for ${percent(value)} of its requests`,
  },
  multiplexing_efficiency: { low: number('sends only ', ' requests per connection') },
  max_keepalives: {
    high: (value) => `uses one connection for ${count(Math.round(value) + 1)} requests`,
    low: (value) =>
      value < 0.5
        ? 'never uses a connection twice'
        : `uses no connection for more than ${count(Math.round(value) + 1)} requests`,
  },
  is_rare_ja4: high('has a client stack that hardly anybody here has'),
  ja4_asn_concentration: {
    high: (value) => `has a client stack that comes to ${percent(value)} from one network`,
  },
  ja4_country_concentration: {
    high: (value) => `has a client stack that comes to ${percent(value)} from one country`,
  },
  tcp_shared_count: low('opens TCP as hardly anybody here does'),
  header_order_shared_count: low('orders its headers as hardly anybody here does'),
  header_order_confidence: low('orders its headers unlike others of its stack'),
  h2_settings_rare: high('begins HTTP/2 as hardly anybody here does'),
  host_diversity: { high: whole('asks ', ' hosts') },
  h2_ja4_coherence: low('is one client in TLS and another in HTTP/2'),
  ua_tls_mismatch: high('names one client in its User-Agent and has the TLS of another'),
  fingerprint_coherence_score: low('does not fit together across its layers'),
  axis_ja4_known: {
    low: graded([0.05, 'has the TLS of a program, not of a browser'], [1, 'has TLS that is on no list']),
  },
  axis_ja4_struct: low('builds its TLS unlike a browser'),
  axis_http_modern: {
    low: graded([0.4, 'lacks a modern browser’s headers'], [1, 'lacks some of a modern browser’s headers']),
  },
  axis_nav_behavior: {
    low: graded(
      [0.4, 'shows next to no browsing (cookies, referrers, parts of pages)'],
      [1, 'shows less browsing (cookies, referrers, parts of pages)'],
    ),
  },
  axis_tls_coherence: low('does not connect as present browsers do'),
  axis_h2_coherence: {
    low: graded(
      [0.2, 'is one client in TLS and another in HTTP/2'],
      [0.45, 'does not begin HTTP/2 as browsers do'],
      [1, 'shows no HTTP/2 of a browser'],
    ),
  },
  layer_disagreement: {
    high: (value) =>
      value > 0.5
        ? 'is one client by one layer and another by the next'
        : 'has layers that do not quite fit together',
  },
};
