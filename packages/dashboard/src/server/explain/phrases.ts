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
    meaning: 'Cookies, referrers, parts of pages: what follows from moving through a site.',
  },
  axis_tls_coherence: {
    label: 'TLS fits itself',
    meaning: 'What the handshake offers is what the connection then uses.',
  },
  axis_h2_coherence: {
    label: 'HTTP/2 fits TLS',
    meaning: 'HTTP/2 settings, their order and the TLS stack come from one client.',
  },
  browser_confidence: { label: 'Browser confidence', meaning: 'All six axes together.' },
  layer_disagreement: {
    label: 'Layers contradict each other',
    meaning: 'How differently TLS, HTTP/2, headers and User-Agent name the engine.',
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
  return measured(value);
}

/** Which way a value leaves the band of people here. */
export function side(reason: Reason): 'high' | 'low' | 'inside' {
  if (reason.value > reason.baseline_high) return 'high';
  return reason.value < reason.baseline_low ? 'low' : 'inside';
}

/** A reason in words, said of the visitor: "loads no images, styles or scripts". */
export function phraseOf(reason: Reason): string {
  const where = side(reason);
  const phrase = where === 'inside' ? undefined : phraseTable[reason.feature]?.[where];
  if (phrase) return phrase(reason.value);
  const value = featureValue(reason.feature, reason.value);
  const band = [reason.baseline_low, reason.baseline_high].map((edge) => featureValue(reason.feature, edge));
  return `has ${lowerFirst(featureLabel(reason.feature))} ${value} (people here ${[...new Set(band)].join('–')})`;
}

/** The weightiest reasons in words, each said once, those outside the band of people first. */
export function mainPhrases(reasons: readonly Reason[], most: number): string[] {
  const weighty = reasons
    .filter((reason) => reason.contribution > 0 && reason.feature !== 'other')
    .sort(
      (a, b) =>
        Number(side(a) === 'inside') - Number(side(b) === 'inside') || b.contribution - a.contribution,
    );
  return [...new Set(weighty.map(phraseOf))].slice(0, most);
}

/** `Asset share` → `asset share`, but `JA4 count` stays. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
