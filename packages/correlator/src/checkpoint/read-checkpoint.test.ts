import { writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../intake/datagram-sender.test-support.ts';
import { play } from '../join/situation.test-support.ts';
import { encodeFrame, fileMagic } from './frame.ts';
import { readCheckpoint } from './read-checkpoint.ts';
import { endLine, handshakeLine, timeLine, totalsLine, useLine } from './record.ts';

const now = { wallMs: 1_000_000, uptimeMs: 500_000, boot: 'a' };
const earlier = timeLine({ ...now, wallMs: 1, uptimeMs: now.uptimeMs - 10_000 });

async function write(folder: string, name: string, ...frames: string[][]): Promise<void> {
  const texts = frames.map((lines) => [earlier, ...lines].join('\n'));
  writeFileSync(
    joinPath(folder, name),
    Buffer.concat([fileMagic, ...(await Promise.all(texts.map(encodeFrame)))]),
  );
}

/** A handshake with so many requests, as it was held then. */
function held(requests: number) {
  const scene = play([{ at: 0, network: { seen: 0, conn_id: 'n1' } }]);
  for (let i = 0; i < requests; i++) scene.feed([{ at: i, http: { began: i, path: '/', conn_id: 'c1' } }]);
  const [handshake] = scene.join.held();
  if (handshake === undefined) throw new Error('nothing is held');
  return handshake;
}

describe('a folder with a checkpoint', () => {
  it('adds up to its last snapshot and what the journals say since', async () => {
    using folder = temporaryFolder();
    await write(
      folder.path,
      '7.snapshot',
      [totalsLine({ a: 1, b: 2 }), handshakeLine(held(1), 5)],
      [endLine(true)],
    );
    await write(folder.path, '7.journal', [totalsLine({ a: 3 }), useLine(held(4), 9)]);
    const { handshakes, totals, clean, generation, damage } = await readCheckpoint(folder.path, now);
    expect(handshakes).toMatchObject([{ use: { uses: 4 }, idleMs: 10_006 }]);
    expect({ totals, clean, generation, damage }).toEqual({
      totals: { a: 3, b: 2 },
      clean: false,
      generation: 7,
      damage: [],
    });
  });

  it('does not go back to what a journal said while its snapshot was written', async () => {
    using folder = temporaryFolder();
    await write(folder.path, '7.snapshot', [handshakeLine(held(5), 9)], [endLine(false)]);
    await write(folder.path, '7.journal', [useLine(held(3), 5)]);
    expect((await readCheckpoint(folder.path, now)).handshakes).toMatchObject([{ use: { uses: 5 } }]);
  });

  it('is used as it was when a kill came before the next snapshot was whole', async () => {
    using folder = temporaryFolder();
    await write(folder.path, '7.snapshot', [handshakeLine(held(1), 5)], [endLine(false)]);
    await write(folder.path, '7.journal', [useLine(held(2), 5)]);
    await write(folder.path, '8.journal', [useLine(held(3), 5)]);
    await write(folder.path, 'snapshot.part', [handshakeLine(held(9), 9)]);
    const saved = await readCheckpoint(folder.path, now);
    expect(saved).toMatchObject({ handshakes: [{ use: { uses: 3 } }], generation: 8, damage: [] });
  });

  it('is without what stood in a snapshot that lacks its end', async () => {
    using folder = temporaryFolder();
    await write(folder.path, '7.snapshot', [handshakeLine(held(1), 5)]);
    await write(folder.path, '7.journal', [useLine(held(2), 5)]);
    const { handshakes, damage } = await readCheckpoint(folder.path, now);
    expect(handshakes).toEqual([]);
    expect(damage).toMatchObject([{ why: 'not whole' }]);
  });

  it('was left in order when nothing follows the end of a stop', async () => {
    using folder = temporaryFolder();
    await write(folder.path, '7.snapshot', [handshakeLine(held(1), 5)], [endLine(true)]);
    expect((await readCheckpoint(folder.path, now)).clean).toBe(true);
    await write(folder.path, '8.journal', []);
    expect((await readCheckpoint(folder.path, now)).clean).toBe(false);
  });

  it('says which lines are none, and uses the others', async () => {
    using folder = temporaryFolder();
    await write(folder.path, '7.snapshot', ['what?', handshakeLine(held(1), 5)], [endLine(true)]);
    const { handshakes, damage } = await readCheckpoint(folder.path, now);
    expect(handshakes).toHaveLength(1);
    expect(damage).toMatchObject([{ why: 'unreadable records' }]);
  });

  it('may be empty, and may hold what is not ours', async () => {
    using folder = temporaryFolder();
    writeFileSync(joinPath(folder.path, 'README'), 'x');
    writeFileSync(joinPath(folder.path, '12.other'), 'x');
    const saved = await readCheckpoint(folder.path, now);
    expect(saved).toEqual({
      handshakes: [],
      senders: [],
      skews: [],
      totals: {},
      clean: false,
      generation: 0,
      damage: [],
    });
  });
});
