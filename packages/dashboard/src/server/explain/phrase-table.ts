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
const shareOf =
  (before: string, after: string): Phrase =>
  (value) =>
    value > 0.995 ? `${before}all${after}` : `${before}${percent(value)}${after}`;
const number =
  (before: string, after: string): Phrase =>
  (value) =>
    `${before}${count(Math.round(value))}${after}`;

/** By feature; the ones that are missing here are shown with their label and numbers. */
export const phraseTable: Readonly<Record<string, Phrases>> = {
  hits: { high: number('makes ', ' requests') },
  hit_velocity: { high: (value) => `asks ${measured(value)} times a second` },
  max_requests_per_sec: { high: number('asks up to ', ' times in one second') },
  fuzzing_index: { high: (value) => `tries ${measured(value)} queries per path` },
  post_ratio: { high: shareOf('sends forms with ', ' of its requests') },
  login_post_concentration: { high: shareOf('aims ', ' of its forms at logins') },
  asset_ratio: {
    low: (value) =>
      value < 0.005
        ? 'loads no images, styles or scripts'
        : `loads assets with only ${percent(value)} of its requests`,
  },
  direct_access_ratio: { high: shareOf('comes to ', ' of its pages from nowhere') },
  path_diversity_ratio: {
    high: (value) =>
      value > 0.8 ? 'asks nearly every path only once' : `asks ${measured(value)} paths per request`,
    low: words('asks the same few paths again and again'),
  },
  url_depth_variance: { high: words('jumps between shallow and deep paths') },
  head_ratio: { high: shareOf('sends HEAD with ', ' of its requests') },
  http10_ratio: { high: shareOf('speaks HTTP/1.0 in ', ' of its requests') },
  sec_fetch_absence_rate: {
    high: (value) =>
      value > 0.95
        ? 'never says what it fetches for (no Sec-Fetch)'
        : `leaves out Sec-Fetch in ${percent(value)} of its requests`,
  },
  generic_accept_ratio: high('accepts anything, as scripts do'),
  missing_accept_enc_ratio: high('asks for no compression'),
  header_count: { low: number('sends only ', ' headers'), high: number('sends ', ' headers') },
  has_accept_language: low('names no language'),
  has_cookie: low('keeps no cookie'),
  has_referer: low('never comes from a page'),
  has_sec_ch_ua: low('sends no client hints'),
  modern_browser_score: low('lacks a modern browser’s headers'),
  browser_confidence: low('is not convincing as a browser'),
  browser_consistency_score: low('is not convincing as a browser'),
  ua_ch_mismatch: high('names one system in its User-Agent and another in its client hints'),
  sec_ch_mobile_mismatch: high('is mobile by one header and not by another'),
  is_fake_navigation: high('claims navigations that are none'),
  is_ua_rotating: high('changes its User-Agent'),
  distinct_ja4_count: { high: number('shows ', ' TLS fingerprints') },
  distinct_header_orders: { high: number('orders its headers in ', ' ways') },
  header_order_shared_count: low('orders its headers as hardly anybody here does'),
  header_order_confidence: low('orders its headers unlike others of its stack'),
  tls12_ratio: high('offers no more than TLS 1.2'),
  is_alpn_missing: high('offers no ALPN'),
  alpn_http_mismatch: high('offers HTTP/2 and then does not speak it'),
  sni_host_mismatch: high('names one host to TLS and asks another'),
  h2_settings_known: low('begins HTTP/2 as no known browser does'),
  h2_settings_rare: high('begins HTTP/2 as hardly anybody here does'),
  h2_ja4_coherence: low('is one client in TLS and another in HTTP/2'),
  h2_pseudo_order_match: low('orders its pseudo-headers as no browser of its kind'),
  is_rare_ja4: high('has a TLS fingerprint that hardly anybody here has'),
  is_known_browser: low('has no browser’s TLS'),
  no_window_scale_ratio: high('opens TCP without window scaling'),
  multiplexing_efficiency: {
    high: (value) => `sends ${measured(value)} requests per connection`,
    low: words('opens a new connection for nearly every request'),
  },
  port_exhaustion_ratio: high('opens a new connection for nearly every request'),
  orphan_ratio: high('makes requests whose handshakes were not seen'),
  max_keepalives: {
    high: (value) => `uses one connection for ${count(Math.round(value) + 1)} requests`,
    low: words('never uses a connection twice'),
  },
  unusual_content_type_ratio: high('sends forms in unusual formats'),
  temporal_entropy: { low: words('sends its requests in bursts') },
  axis_ja4_known: low('has no browser’s TLS'),
  axis_ja4_struct: low('builds its TLS unlike a browser'),
  axis_http_modern: low('lacks a modern browser’s headers'),
  axis_nav_behavior: low('does not browse as people do'),
  axis_tls_coherence: low('contradicts itself in TLS'),
  axis_h2_coherence: low('contradicts itself in HTTP/2'),
  layer_disagreement: high('contradicts itself from layer to layer'),
  error_ratio: { high: shareOf('gets errors for ', ' of its requests') },
  not_found_ratio: { high: shareOf('asks for what does not exist with ', ' of its requests') },
  denied_ratio: { high: shareOf('is refused with ', ' of its requests') },
  cadence_cv: { low: words('asks for pages as regularly as a clock') },
  burst_ratio: { high: words('asks for several pages in the same second') },
  pause_ratio: { low: words('never pauses to read') },
  ua_tls_mismatch: high('names one browser in its User-Agent and has the TLS of another'),
  distinct_ua_count: { high: number('uses ', ' User-Agents') },
  missing_sni_ratio: high('names no server in its handshakes'),
  host_diversity: { high: number('asks ', ' hosts') },
  os_ttl_mismatch_ratio: high('has the TTL of another system than it names'),
  fingerprint_coherence_score: low('does not fit together across its layers'),
};
