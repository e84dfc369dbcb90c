import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { many, person, testFeatures, tool } from '../test/sessions.ts';
import { chooseBaseline } from './baseline.ts';
import { levelCuts, levelOf } from './levels.ts';
import { trainModel } from './model.ts';
import { loadModel, saveModel, versions } from './model-store.ts';
import { seededRandom } from './random.ts';
import { levelByRules } from './rules.ts';
import { reasonText, scoreSessions } from './score.ts';

const random = seededRandom(42);
const now = new Date('2026-05-01T12:00:00Z');
const settings = { name: 'Complet', features: testFeatures, seed: 1, now } as const;
const people = many(600, () => person(random));
const model = trainModel(people, { ...settings, mode: 'full' });
const scoreOne = (judged: ReturnType<typeof person>, from = model) => {
  const [scored] = scoreSessions(from, [judged]);
  if (!scored) throw new Error('nothing was scored');
  return scored;
};

describe('a score', () => {
  it('is the false-positive rate it claims among fresh people', () => {
    const scores = scoreSessions(
      model,
      many(2000, () => person(random)),
    );
    const rate = (cut: number) => scores.filter((scored) => scored.score >= cut).length / scores.length;
    expect(rate(levelCuts.LOW)).toBeLessThan(0.1);
    expect(rate(levelCuts.MEDIUM)).toBeLessThan(0.035);
    expect(rate(levelCuts.HIGH)).toBeLessThan(0.01);
  });

  it('puts tools at HIGH or above, most of all those that claim to be a browser', () => {
    const honest = scoreOne(tool(random));
    const liar = scoreOne(tool(random, {}, { userAgent: people[0]?.session.userAgent ?? '' }));
    expect(['HIGH', 'CRITICAL']).toContain(levelOf(honest.score));
    expect(liar.score).toBeGreaterThan(honest.score);
  });

  it('does not rise when a session is more ordinary than people are', () => {
    const ordinary = { asset_ratio: 0.7, direct_access_ratio: 0.15, hit_velocity: 0.2, header_count: 14 };
    const rest = { hits: 40 };
    const base = scoreOne(person(seededRandom(1), ordinary, rest)).score;
    const gentle = { ...ordinary, asset_ratio: 1, direct_access_ratio: 0, hit_velocity: 0.001 };
    expect(scoreOne(person(seededRandom(1), gentle, rest)).score).toBeLessThanOrEqual(base + 1e-9);
  });

  it('says less about one request than about many of the same kind', () => {
    const odd = { asset_ratio: 0, direct_access_ratio: 1 };
    const score = (hits: number) => scoreOne(person(seededRandom(2), odd, { hits })).score;
    expect(score(1)).toBeLessThan(score(100));
    expect(levelOf(score(1))).not.toBe('CRITICAL');
  });

  it('sees what no person here ever did', () => {
    const usual = scoreOne(person(seededRandom(3), { http10_ratio: 0 }));
    const novel = scoreOne(person(seededRandom(3), { http10_ratio: 1 }));
    expect(novel.forestScore).toBeGreaterThan(usual.forestScore + 0.03);
    expect(novel.reasons.slice(0, 2).map((reason) => reason.feature)).toContain('http10_ratio');
  });

  it('is explained by contributions that add up to it, with what people here do', () => {
    for (const scored of scoreSessions(model, [
      tool(random),
      person(random),
      person(random, { hit_velocity: 90 }),
    ])) {
      const sum = scored.reasons.reduce((total, reason) => total + reason.contribution, 0);
      expect(sum).toBeCloseTo(scored.score, 6);
      for (const reason of scored.reasons) expect(reason.contribution).toBeGreaterThanOrEqual(0);
    }
    const fast = scoreOne(person(random, { hit_velocity: 90 }));
    expect(fast.reasons[0]).toMatchObject({ feature: 'hit_velocity', value: 90 });
    expect(fast.reasons[0]?.baseline_high).toBeLessThan(1);
    expect(reasonText(fast.reasons)).toMatch(/^hit_velocity=90 \(\+0\.\d{3}\)/);
  });

  it('comes from rules and coherence alone while the detector is learning', () => {
    const learning = trainModel([], { ...settings, mode: 'learning' });
    expect(scoreOne(person(random), learning).forestScore).toBe(-1);
    expect(levelOf(scoreOne(person(random), learning).score)).toBe('NORMAL');
    expect(levelOf(scoreOne(tool(random), learning).score)).toBe('MEDIUM');
    const liar = tool(random, {}, { userAgent: people[0]?.session.userAgent ?? '' });
    expect(levelOf(scoreOne(liar, learning).score)).toBe('HIGH');
  });
});

describe('a rule', () => {
  it('sets the level of a known bot and leaves its score', () => {
    const known = tool(random, {}, { botName: 'examplebot' });
    const scored = scoreOne(known);
    expect(levelByRules(known, scored.score, levelOf(scored.score))).toBe('KNOWN_BOT');
    expect(scored.score).toBeGreaterThan(levelCuts.HIGH);
  });

  it('names a browser only after navigation over time', () => {
    const level = (judged: ReturnType<typeof person>) => levelByRules(judged, 0.1, 'NORMAL');
    const rest = { firstSeen: 1000, lastSeen: 1400 };
    expect(level(person(seededRandom(5), { pause_ratio: 0.6 }, rest))).toBe('LEGITIMATE_BROWSER');
    expect(level(person(seededRandom(5), { pause_ratio: 0 }, rest))).toBe('NORMAL');
    expect(level(person(seededRandom(5), { pause_ratio: Number.NaN }, rest))).toBe('NORMAL');
    expect(level(person(seededRandom(5), { pause_ratio: 0.6 }, { ...rest, lastSeen: 1010 }))).toBe('NORMAL');
  });

  it('never hides a score: a browser that scores MEDIUM stays MEDIUM', () => {
    const judged = person(seededRandom(5), { pause_ratio: 0.6 });
    expect(levelByRules(judged, levelCuts.MEDIUM, 'MEDIUM')).toBe('MEDIUM');
  });
});

describe('a baseline', () => {
  const tools = many(150, () => tool(random));

  it('is full with 500 people of human networks, and then holds only them', () => {
    const baseline = chooseBaseline([...people, ...tools], 0.25);
    expect(baseline.mode).toBe('full');
    expect(baseline.members).toHaveLength(600);
  });

  it('is trimmed with fewer: whoever is coherent, whatever the network', () => {
    const hosted = many(50, () =>
      person(
        random,
        {},
        { asn: { number: 1, name: '', org: '', domain: '', country: '', label: 'hosting' } },
      ),
    );
    const baseline = chooseBaseline([...people.slice(0, 200), ...hosted, ...tools], 0.25);
    expect(baseline.mode).toBe('trimmed');
    expect(baseline.members).toHaveLength(250);
    expect(baseline.excluded.every(({ why }) => why === 'incoherent')).toBe(true);
  });

  it('is not there with a handful of sessions', () => {
    expect(chooseBaseline(people.slice(0, 20), 0.25).mode).toBe('learning');
  });

  it('never holds a rule hit, however coherent', () => {
    const crawler = person(random, {}, { botName: 'examplebot' });
    const baseline = chooseBaseline([...people, crawler], 0.25);
    expect(baseline.excluded).toEqual([{ judged: crawler, why: 'known_bot' }]);
  });
});

describe('a model file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ja4-models-'));
  afterAll(() => rmSync(dir, { recursive: true }));

  it('gives back a model that scores the same', () => {
    saveModel(dir, model);
    const loaded = loadModel(dir, 'Complet');
    if (!loaded.ok) throw new Error(loaded.detail);
    const judged = tool(random);
    expect(scoreOne(judged, loaded.model)).toEqual(scoreOne(judged));
  });

  it('keeps the newest versions and drops the rest', () => {
    for (let i = 0; i < 8; i++)
      saveModel(
        dir,
        trainModel([], {
          ...settings,
          name: 'Applicatif',
          mode: 'learning',
          now: new Date(now.getTime() + i * 60_000),
        }),
      );
    expect(versions(dir, 'Applicatif')).toHaveLength(5);
    expect(loadModel(dir, 'Applicatif')).toMatchObject({
      ok: true,
      model: { trainedAt: now.getTime() / 1000 + 420 },
    });
  });

  it('is a named outcome when absent or damaged', () => {
    expect(loadModel(join(dir, 'nowhere'), 'Complet')).toMatchObject({ ok: false, reason: 'absent' });
    writeFileSync(join(dir, `${model.version}.json`), '{"format":1,');
    expect(loadModel(dir, 'Complet')).toMatchObject({ ok: false, reason: 'damaged' });
  });
});
