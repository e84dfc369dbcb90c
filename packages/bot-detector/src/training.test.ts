import { describe, expect, it } from 'vitest';
import { many, person, testFeatures, tool } from '../test/sessions.ts';
import { seededRandom } from './random.ts';
import { train } from './training.ts';

const random = seededRandom(7);
const options = {
  name: 'Complet',
  features: testFeatures,
  coherenceThreshold: 0.25,
  seed: 1,
  now: new Date('2026-05-01T12:00:00Z'),
} as const;

describe('training', () => {
  const people = many(300, () => person(random));
  const first = train([...people, ...many(60, () => tool(random))], undefined, options);

  it('accepts a model that finds today’s people usual', () => {
    expect(first).toMatchObject({ trained: true, gate: { accepted: true }, model: { mode: 'trimmed' } });
    expect(first.gate?.anomalyRate).toBeLessThan(0.1);
  });

  it('keeps the model it had when the newest people would be anomalous to the new one', () => {
    const changed = many(60, () =>
      person(random, { hit_velocity: 50, asset_ratio: 0.05, header_count: 25 }, { lastSeen: 1_800_000_000 }),
    );
    const next = train([...people, ...changed], first.model, options);
    expect(next).toMatchObject({ trained: false, gate: { accepted: false } });
    expect(next.model).toBe(first.model);
  });

  it('keeps what it learned from more people when there are fewer now', () => {
    const night = train(people.slice(0, 30), first.model, options);
    expect(night).toMatchObject({ trained: false, model: { mode: 'trimmed' } });
  });

  it('does not keep it for ever', () => {
    const later = { ...options, now: new Date('2026-06-01T12:00:00Z') };
    expect(train(people.slice(0, 30), first.model, later)).toMatchObject({
      trained: true,
      model: { mode: 'learning' },
    });
  });
});
