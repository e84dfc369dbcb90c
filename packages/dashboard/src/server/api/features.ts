import { features } from '@ja4/features';
import { featureDistributions } from '@ja4/store';
import { z } from 'zod';
import { urgentLevels } from '../levels.ts';
import { api } from '../routes.ts';

const quantiles = z
  .object({
    sessions: z.string(),
    p5: z.number().nullable(),
    p50: z.number().nullable(),
    p95: z.number().nullable(),
  })
  .nullable();

export const featuresRoute = api({
  path: '/features',
  summary:
    'The feature catalogue, and what each feature is here for calm sessions and for those that need a look',
  shape: {},
  response: z.object({
    rows: z.array(
      z.object({
        name: z.string(),
        label: z.string(),
        meaning: z.string(),
        layer: z.string(),
        unit: z.string(),
        model: z.string(),
        suspicious: z.string(),
        calm: quantiles,
        urgent: quantiles,
      }),
    ),
    next: z.null(),
  }),
  answer: async ({ reader, range: { from, to } }) => {
    const found = new Map(
      (await featureDistributions(reader, { from, to }, urgentLevels)).map((row) => [row.feature, row]),
    );
    const rows = features.map(({ name, label, meaning, layer, unit, model, suspicious }) => {
      const row = found.get(name);
      return {
        ...{ name, label, meaning, layer, unit, model, suspicious },
        calm: row ? named(row.calm_sessions, row.calm) : null,
        urgent: row ? named(row.urgent_sessions, row.urgent) : null,
      };
    });
    return { rows, next: null };
  },
});

const named = (sessions: string, [p5, p50, p95]: readonly (number | null)[]) => ({
  sessions,
  p5: p5 ?? null,
  p50: p50 ?? null,
  p95: p95 ?? null,
});
