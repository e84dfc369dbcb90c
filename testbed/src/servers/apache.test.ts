import { afterAll, beforeAll, describe, expect } from 'vitest';
import { itNeeds, program } from '../../../test/setup/needs.ts';
import { startApache } from './apache.ts';
import { Stage, stageNeeds } from './stage.test-support.ts';

const needs = [...stageNeeds, program('apache2'), program('apxs', 'apache2-dev'), program('make')];
const it = itNeeds(...needs);

let stage: Stage | undefined;

beforeAll(async () => {
  if (needs.every((need) => need.present())) stage = await Stage.build();
});

afterAll(() => stage?.remove());

describe('Apache before the shop', () => {
  it.each([
    ['event', '2'],
    ['worker', '2'],
    // mod_http2 does not work with processes only.
    ['prefork', '1.1'],
  ] as const)('runs with the multi-processing module %s', async (mpm, version) => {
    const on = stage;
    if (on === undefined) throw new Error('The stage is missing');
    const start = (options: Parameters<typeof startApache>[0]) => startApache({ ...options, mpm });
    await on.serve(mpm, start, async () => {
      const compressed = await on.seen('/search?q=oak', '--compressed');
      expect(compressed).toMatchObject({ status: '200', version, 'content-encoding': 'gzip' });
    });
  });
});
