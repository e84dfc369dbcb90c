import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readableLogLine } from './log-lines.ts';

it('shows warnings with their reason and hides the everyday', () => {
  const warning = JSON.stringify({ level: 'warn', msg: 'the store is down', error: 'ECONNREFUSED' });
  expect(readableLogLine('correlator', warning, false)).toBe('correlator: the store is down (ECONNREFUSED)');
  const info = JSON.stringify({ level: 'info', msg: 'runs' });
  expect(readableLogLine('correlator', info, false)).toBeUndefined();
  expect(readableLogLine('correlator', info, true)).toBe('correlator: runs');
});

it('gives the message of an error, not its stack', () => {
  const err = { type: 'Error', message: 'connect ECONNREFUSED', stack: 'Error: connect\n  at x' };
  const line = (fields: object) => JSON.stringify({ level: 'error', msg: 'a pass failed', ...fields });
  expect(readableLogLine('detector', line({ err }), false)).toBe(
    'detector: a pass failed (connect ECONNREFUSED)',
  );
  expect(readableLogLine('detector', line({ error: 'Error: no' }), false)).toBe(
    'detector: a pass failed (no)',
  );
});

it('passes on what is not a log line, such as a crash', () => {
  expect(readableLogLine('store', 'Segmentation fault', false)).toBe('store: Segmentation fault');
});

it('never throws, whatever a service prints', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
      readableLogLine('x', line, true);
    }),
  );
});
