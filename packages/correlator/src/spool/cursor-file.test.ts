import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CursorFile, decodeCursor, readCursor } from './cursor-file.ts';
import { spoolFixtures } from './spool.test-support.ts';

const { temporaryFolder } = spoolFixtures(onTestFinished);

describe('the cursor', () => {
  it('is what was written last', async () => {
    const path = join(temporaryFolder(), 'cursor');
    const { file, state } = await CursorFile.open(path, true);
    expect(state).toEqual({ cursor: undefined, damaged: false });
    await file.write({ segment: 1, row: 0, to: 5 });
    await file.write({ segment: 1, row: 5, to: 9, toSegment: 2 });
    expect(await readCursor(path)).toEqual({
      cursor: { segment: 1, row: 5, to: 9, toSegment: 2 },
      damaged: false,
    });
    await file.close();
    const again = await CursorFile.open(path, true);
    await again.file.write({ segment: 3, row: 0 });
    await again.file.close();
    expect((await readCursor(path)).cursor).toEqual({ segment: 3, row: 0 });
  });

  it('is the one before when the last write was torn, wherever', async () => {
    const path = join(temporaryFolder(), 'cursor');
    const { file } = await CursorFile.open(path, false);
    await file.write({ segment: 1, row: 1 });
    const before = readFileSync(path);
    await file.write({ segment: 2, row: 22 });
    await file.close();
    const after = readFileSync(path);
    const changed = [...after.keys()].filter((at) => after[at] !== before[at]);
    for (const torn of changed) {
      const bytes = Buffer.concat([after.subarray(0, torn), before.subarray(torn)]);
      expect(decodeCursor(bytes).cursor).toEqual({ segment: 1, row: 1 });
    }
    expect(decodeCursor(after).cursor).toEqual({ segment: 2, row: 22 });
  });

  it('says when it cannot be read', async () => {
    const path = join(temporaryFolder(), 'cursor');
    writeFileSync(path, 'x'.repeat(8192));
    expect(await readCursor(path)).toEqual({ cursor: undefined, damaged: true });
    expect(await readCursor(`${path}-that-is-not-there`)).toEqual({ cursor: undefined, damaged: false });
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9_000 }), (bytes) => {
        expect(decodeCursor(Buffer.from(bytes)).cursor).toBeUndefined();
      }),
    );
  });
});
