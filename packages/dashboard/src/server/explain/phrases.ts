import { byName } from '@ja4/features';
import type { Reason } from '@ja4/store';
import { measured, percent } from '../format/number.ts';
import { phraseTable } from './phrase-table.ts';

/** What the detector weighs besides the features of the catalogue. */
const detectorParts: Readonly<Record<string, { label: string; meaning: string }>> = {
  axis_ja4_known: {
    label: 'TLS known from browsers',
    meaning: 'Whether the client stack is one that browsers have.',
  },
  axis_ja4_struct: {
    label: 'TLS built like a browser’s',
    meaning: 'Version, ALPN and numbers of ciphers and extensions, as browsers have them.',
  },
  axis_http_modern: {
    label: 'Modern headers',
    meaning: 'The headers that present-day browsers send with every page.',
  },
  axis_nav_behavior: {
    label: 'Navigation',
    meaning: 'Cookies, referrers, parts of pages, links followed: what comes of moving through a site.',
  },
  axis_tls_coherence: {
    label: 'Connects like a browser',
    meaning:
      'ALPN offered and used, TLS 1.3, window scaling and no HTTP/1.0, as all present browsers have it.',
  },
  axis_h2_coherence: {
    label: 'HTTP/2 fits TLS',
    meaning: 'HTTP/2 settings, their order and the TLS stack come from one client.',
  },
  browser_confidence: { label: 'Browser confidence', meaning: 'All six axes together.' },
  layer_disagreement: {
    label: 'Layers contradict each other',
    meaning:
      'How far TLS, HTTP/2, headers and User-Agent exclude each other: 0 = one client, 1 = surely several.',
  },
  other: { label: 'Everything else', meaning: 'The sum of the smaller contributions.' },
};

/** How people call a feature. */
export function featureLabel(name: string): string {
  return byName.get(name)?.label ?? detectorParts[name]?.label ?? name.replaceAll('_', ' ');
}

/** What a feature measures, in one sentence. */
export function featureMeaning(name: string): string {
  return byName.get(name)?.meaning ?? detectorParts[name]?.meaning ?? name;
}

/** A feature's value in its unit. */
export function featureValue(name: string, value: number): string {
  const unit = byName.get(name)?.unit;
  if (unit === 'ratio') return percent(value);
  if (unit === 'flag') return value >= 0.5 ? 'yes' : 'no';
  return detectorParts[name] ? (Math.round(value * 100) / 100).toFixed(2) : measured(value);
}

/** Which way a value leaves the band of people here; one that reads like the band's edge does not leave it. */
export function side({ feature, value, baseline_low, baseline_high }: Reason): 'high' | 'low' | 'inside' {
  const reads = (number: number) => featureValue(feature, number);
  if (value > baseline_high && reads(value) !== reads(baseline_high)) return 'high';
  return value < baseline_low && reads(value) !== reads(baseline_low) ? 'low' : 'inside';
}

/** A reason in words, said of the visitor: "loads no images, styles or scripts". */
export function phraseOf(reason: Reason): string {
  const where = side(reason);
  if (where === 'inside') return 'is within what people here do';
  const phrase = phraseTable[reason.feature]?.[where];
  if (phrase) return phrase(reason.value);
  const value = featureValue(reason.feature, reason.value);
  return `has ${value} in “${featureLabel(reason.feature)}”, ${where === 'high' ? 'more' : 'less'} than people here`;
}

/** The weightiest reasons outside the band of people in words, each said once. */
export function mainPhrases(reasons: readonly Reason[], most: number): string[] {
  const weighty = reasons
    .filter((reason) => reason.contribution > 0 && reason.feature !== 'other' && side(reason) !== 'inside')
    .sort((a, b) => b.contribution - a.contribution);
  return [...new Set(weighty.map(phraseOf))].slice(0, most);
}
