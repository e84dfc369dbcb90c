import { describe, expect, it } from 'vitest';
import { gaussian, seededRandom } from '../random.ts';
import type { LabelledSession } from './labels.ts';
import { report } from './report.ts';
import { areaUnderCurve, expectedCalibrationError, recallAt } from './separation.ts';

const random = seededRandom(3);

function session(label: 'person' | 'bot' | 'robot', index: number): LabelledSession {
  const bot = label !== 'person';
  const score = Math.min(0.99, Math.max(0, (bot ? 0.8 : 0.25) + 0.12 * gaussian(random)));
  return {
    label,
    client: bot ? 'curl' : 'chromium',
    row: {
      src_ip: `198.18.16.${index}`,
      tls_stack: 'stack',
      host: 'shop.example',
      model_name: 'Complet',
      anomaly_score: score,
      threat_level:
        label === 'robot'
          ? 'KNOWN_BOT'
          : score >= 0.9
            ? 'CRITICAL'
            : score >= 0.8
              ? 'HIGH'
              : score >= 0.65
                ? 'MEDIUM'
                : 'NORMAL',
      first_ua:
        bot && index % 2 === 0
          ? 'curl/8.5.0'
          : 'Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/150.0 Safari/537.36',
      asn_label: index % 3 === 0 ? 'vpn' : 'isp',
      browser_family: bot ? '' : 'Chromium',
      axis_ja4_known: bot ? 0 : 1,
      mode: 'trimmed',
      features: { asset_ratio: (bot ? 0.3 : 0.6) + 0.1 * gaussian(random) },
    },
  };
}

describe('the figures of a separation', () => {
  it('are those of the textbook', () => {
    expect(areaUnderCurve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
    expect(areaUnderCurve([1, 1, 1, 1], [0, 1, 0, 1])).toBe(0.5);
    expect(areaUnderCurve([1, 2], [1, 1])).toBeNaN();
    // Of 100 negatives 0 … 99 one may be exceeded at 1 %: the cut is 98.
    const negatives = Array.from({ length: 100 }, (_, i) => i);
    expect(recallAt([...negatives, 98, 98.5, 99], [...negatives.map(() => 0), 1, 1, 1], 0.01)).toBeCloseTo(
      2 / 3,
      9,
    );
    expect(expectedCalibrationError([0.05, 0.05, 0.95, 0.95], [0, 0, 1, 1])).toBeCloseTo(0.05, 9);
  });
});

describe('an evaluation report', () => {
  const sessions = [
    ...Array.from({ length: 150 }, (_, i) => session('person', i)),
    ...Array.from({ length: 60 }, (_, i) => session('bot', i)),
    ...Array.from({ length: 5 }, (_, i) => session('robot', i)),
  ];
  const result = report(sessions, { seed: 1, bootstrapRounds: 200 });

  it('counts declared robots beside both classes', () => {
    expect(result.sessions).toEqual({ person: 150, bot: 60, robot: 5, mixed: 0, unlabelled: 0 });
    expect(result.perClient.map(({ client, label }) => `${label} ${client}`)).toEqual([
      'bot curl',
      'person chromium',
      'robot curl',
    ]);
  });

  it('puts an interval around the AUC', () => {
    const { auc } = result.rulesOff;
    expect(auc.value).toBeGreaterThan(0.97);
    expect(auc.low).toBeLessThanOrEqual(auc.value);
    expect(auc.high).toBeGreaterThanOrEqual(auc.value);
  });

  it('compares with simple references on the same sessions', () => {
    const byName = new Map(result.references.map((reference) => [reference.name, reference]));
    expect(byName.get('User-Agent rule')?.auc.value).toBeCloseTo(0.75, 2);
    expect(byName.get('TLS stack list')?.auc.value).toBe(1);
    expect(byName.get('logistic regression, out of fold')?.auc.value).toBeGreaterThan(0.95);
    const difference = byName.get('User-Agent rule')?.difference;
    expect(difference?.value).toBeCloseTo(result.rulesOff.auc.value - 0.75, 2);
    expect(difference?.low).toBeGreaterThan(0);
  });

  it('gives the same figures for the same seed', () => {
    expect(report(sessions, { seed: 1, bootstrapRounds: 200 })).toEqual(result);
  });

  it('refuses to put a figure on one class', () => {
    expect(() => report(sessions.slice(0, 150), {})).toThrow(/150 of people and 0 of bots/);
  });
});
