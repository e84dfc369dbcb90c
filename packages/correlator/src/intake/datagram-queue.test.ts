import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { datagramQueue } from './datagram-queue.ts';
import { temporaryFolder } from './datagram-sender.test-support.ts';

it('says what the queue length is, what it should be and what to do', () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'max_dgram_qlen');
  writeFileSync(file, '10\n');
  expect(datagramQueue(file)).toMatchObject({ length: 10, wanted: 512, ok: false });
  expect(datagramQueue(file)?.advice).toContain('sysctl -w net.unix.max_dgram_qlen=512');
  writeFileSync(file, '512\n');
  expect(datagramQueue(file)).toMatchObject({ length: 512, ok: true, advice: '' });
});

it('says nothing where the system does not', () => {
  expect(datagramQueue('/nonexistent/max_dgram_qlen')).toBeUndefined();
});
