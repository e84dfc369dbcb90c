import type { Feature } from '@ja4/features';
import { ascending, quantile } from './quantile.ts';

/** What a feature needs to tell for the detector: the part of the catalogue that it reads. */
export type FeatureSpec = Pick<Feature, 'name' | 'layer' | 'unit' | 'range' | 'suspicious' | 'missing'>;

/** One feature of a model, as learned from its baseline. Plain data: it is stored in the model file. */
export interface Column {
  readonly name: string;
  readonly suspicious: 'high' | 'low' | 'both';
  /** Counts and times are compared by their ratio: log(1 + x). */
  readonly logarithmic: boolean;
  /** Whether the value is an estimate from few requests (a share of them), see `foldValue`. */
  readonly estimated: boolean;
  /** What stands in for a missing value; null = the baseline's median, that is: no deviation. */
  readonly missing: number | null;
  /** Median and robust standard deviation of the (logarithmic) values. */
  readonly centre: number;
  readonly scale: number;
  /** What people here do: 5 %, 50 % and 95 % quantile, in the feature's own unit. */
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** Deviations beyond this many standard deviations are all alike. */
const farthest = 10;

/** Requests at which a share of requests counts half. */
const halfEvidence = 3;

const logarithmic = (spec: FeatureSpec) => spec.range[0] >= 0 && spec.range[1] > 10;
const transform = (column: { logarithmic: boolean }, value: number) =>
  column.logarithmic ? Math.log1p(Math.max(0, value)) : value;

/**
 * Learns one feature from a baseline's values (NaN = missing). The scale is the interquartile range, or the
 * 5 % to 95 % range, or the standard deviation, never below a tenth of a bounded range: where everybody
 * agrees, a deviation is large but finite. Undefined when the baseline never saw the feature.
 */
export function learnColumn(spec: FeatureSpec, values: ArrayLike<number>): Column | undefined {
  const known = ascending(values);
  if (known.length === 0) return undefined;
  const byLog = logarithmic(spec);
  const scaled = known.map((value) => transform({ logarithmic: byLog }, value));
  const mean = scaled.reduce((a, b) => a + b, 0) / scaled.length;
  const deviation = Math.sqrt(scaled.reduce((a, b) => a + (b - mean) ** 2, 0) / scaled.length);
  const middle = (quantile(scaled, 0.75) - quantile(scaled, 0.25)) / 1.349;
  const wide = (quantile(scaled, 0.95) - quantile(scaled, 0.05)) / 3.29;
  const span = spec.range[1] - spec.range[0];
  const floor = byLog ? 0.25 : Number.isFinite(span) ? 0.1 * span : 1e-6;
  return {
    name: spec.name,
    suspicious: spec.suspicious,
    logarithmic: byLog,
    estimated: spec.unit === 'ratio' && (spec.layer === 'behaviour' || spec.layer === 'headers'),
    missing: standIn(spec),
    centre: quantile(scaled, 0.5),
    scale: Math.max(middle > 0 ? middle : wide > 0 ? wide : deviation, floor),
    low: quantile(known, 0.05),
    median: quantile(known, 0.5),
    high: quantile(known, 0.95),
  };
}

/**
 * The catalogue's number for an unknown value, if it is a value the feature can have. Numbers outside of the
 * range only mark the unknown (−1 for "no HTTP/2"): on a one-sided scale they would be the worst of all.
 */
function standIn({ missing, range }: FeatureSpec): number | null {
  const value = missing === 'zero' ? 0 : missing;
  return typeof value === 'number' && value >= range[0] && value <= range[1] ? value : null;
}

/**
 * How far a value lies from the baseline's median in the suspicious direction, in robust standard
 * deviations. The harmless side is 0, so that being more ordinary than people never raises a score; a
 * feature that is suspicious both ways keeps its sign. A share of few requests is drawn towards the median:
 * one request out of one says little about a visitor.
 */
export function foldValue(column: Column, value: number, requests: number): number {
  const given = Number.isNaN(value) ? column.missing : value;
  if (given === null) return 0;
  const deviation = (transform(column, given) - column.centre) / column.scale;
  const weight = column.estimated ? requests / (requests + halfEvidence) : 1;
  const signed = Math.max(-farthest, Math.min(farthest, deviation * weight));
  if (column.suspicious === 'both') return signed;
  // `|| 0`: minus zero would leak into stored explanations.
  return Math.max(0, column.suspicious === 'high' ? signed : -signed) || 0;
}

/** A session as the matrix sees it. */
export interface FeatureRow {
  readonly requests: number;
  feature(name: string): number;
}

/** Folded features of the rows, row after row. */
export function foldRows(columns: readonly Column[], rows: readonly FeatureRow[]): Float64Array {
  const values = new Float64Array(rows.length * columns.length);
  let cell = 0;
  for (const row of rows)
    for (const column of columns) values[cell++] = foldValue(column, row.feature(column.name), row.requests);
  return values;
}
