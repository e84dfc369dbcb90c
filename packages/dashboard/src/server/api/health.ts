import { newestRows } from '@ja4/store';
import { z } from 'zod';
import { api } from '../routes.ts';
import { time, uint64 } from './rows.ts';

export const healthRoute = api({
  path: '/health',
  summary: 'Whether the store answers, and how old the newest rows are',
  shape: {},
  response: z.object({
    status: z.literal('ok'),
    dataset: z.string(),
    last_request: time,
    requests: uint64,
    last_verdict: time,
    verdicts: uint64,
  }),
  answer: async ({ reader, dataset }) => ({
    status: 'ok',
    dataset: dataset.name,
    ...(await newestRows(reader)),
  }),
});
