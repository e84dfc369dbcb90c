import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from './datagram-receiver.test-support.ts';
import { openFileTarget } from './file-target.ts';
import { createLineOutput, type LineOutputOptions } from './line-output.ts';

async function fileOutput(path: string, options: Partial<LineOutputOptions> = {}) {
  const lines: { level: number; msg: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const output = createLineOutput({ target: await openFileTarget(path), log, ...options });
  onTestFinished(() => output.stop());
  return { output, lines };
}

const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1);
const texts = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => JSON.stringify({ n: from + i, text: 'é'.repeat(50) }));

it('writes each event as a line of a file that only owner and group may read', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'events.jsonl');
  const { output } = await fileOutput(path);
  for (const text of texts(0, 5_000)) output.send(text);
  await vi.waitFor(() => expect(output.counters()).toMatchObject({ written: 5_000, queued: 0 }));
  expect(linesOf(path)).toEqual(texts(0, 5_000));
  expect(output.counters().written_bytes).toBe(statSync(path).size);
  expect(statSync(path).mode & 0o777).toBe(0o640);
});

it('appends to what is there and leaves its mode alone', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'events.jsonl');
  writeFileSync(path, '"before"\n');
  chmodSync(path, 0o600);
  const { output } = await fileOutput(path);
  output.send('"after"');
  await output.stop();
  expect(linesOf(path)).toEqual(['"before"', '"after"']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('goes on in a new file when the old one was renamed, and neither loses nor cuts a line', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'events.jsonl');
  const { output } = await fileOutput(path);
  const all = texts(0, 6_000);
  for (const [index, text] of all.entries()) {
    output.send(text);
    if (index % 1_000 !== 999) continue;
    await sleep(2);
    renameSync(path, `${path}.${index}`);
    const reopened = output.reopen();
    output.send(text);
    await reopened;
    expect(existsSync(path)).toBe(true);
  }
  await output.stop();
  const files = [999, 1_999, 2_999, 3_999, 4_999, 5_999].map((index) => `${path}.${index}`);
  const written = [...files, path].flatMap(linesOf);
  expect(written).toEqual(all.flatMap((text, index) => (index % 1_000 === 999 ? [text, text] : [text])));
  expect(output.counters()).toMatchObject({ reopened: 6, dropped: 0 });
});

it('keeps the old file while a new one cannot be made, and says so', async () => {
  using folder = temporaryFolder();
  const inner = join(folder.path, 'log');
  mkdirSync(inner);
  const path = join(inner, 'events.jsonl');
  const { output, lines } = await fileOutput(path);
  renameSync(inner, join(folder.path, 'old'));
  await output.reopen();
  output.send('"kept"');
  await vi.waitFor(() => expect(linesOf(join(folder.path, 'old', 'events.jsonl'))).toEqual(['"kept"']));
  expect(output.ready()).toMatchObject({ ok: false, why: expect.stringContaining('there is no folder') });
  expect(lines.map(({ msg }) => msg)).toEqual(['events cannot be written']);
  mkdirSync(inner);
  await vi.waitFor(() => expect(output.ready()).toEqual({ ok: true }), 5_000);
  expect(existsSync(path)).toBe(true);
});

it('survives a file that is cut to nothing behind its back', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'events.jsonl');
  const { output } = await fileOutput(path);
  output.send('"one"');
  await vi.waitFor(() => expect(linesOf(path)).toEqual(['"one"']));
  writeFileSync(path, '');
  output.send('"two"');
  await output.stop();
  expect(linesOf(path)).toEqual(['"two"']);
});

it('keeps a bounded number of events while the disk is full, drops the oldest and counts them', async () => {
  const { output, lines } = await fileOutput('/dev/full', { maxQueued: 10 });
  for (const text of texts(0, 3)) output.send(text);
  await vi.waitFor(() => expect(output.counters().errors).toBeGreaterThan(0));
  for (const text of texts(3, 30)) output.send(text);
  expect(output.counters()).toMatchObject({ written: 0, queued: 13, dropped: 17 });
  expect(output.ready()).toMatchObject({ ok: false, why: expect.stringContaining('ENOSPC') });
  expect(lines.map(({ msg }) => msg)).toEqual(['events cannot be written']);
  await output.stop();
  expect(output.counters()).toMatchObject({ queued: 13, dropped_stop: 13 });
});

it.each([
  ['in a missing folder', (folder: string) => join(folder, 'no', 'events.jsonl'), /there is no folder .*no:/],
  ['that is a folder', (folder: string) => folder, /it is a folder/],
  ['below a file', () => '/dev/null/events.jsonl', /\/dev\/null is no folder/],
])('refuses a file %s, and says what to do', async (_, path, message) => {
  using folder = temporaryFolder();
  await expect(openFileTarget(path(folder.path))).rejects.toThrow(message);
});
