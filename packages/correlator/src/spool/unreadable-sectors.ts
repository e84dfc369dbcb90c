import type { ByteSource } from './frame-scanner.ts';

const sectorBytes = 4096;

/**
 * Reads around what a failing disk cannot read any more: such sectors come back as zeros, which no checksum
 * takes for rows, and what lies behind them is read all the same.
 */
export function readingAround(source: ByteSource): ByteSource {
  return {
    read: async (target, position) => {
      try {
        return await source.read(target, position);
      } catch (error) {
        if (!isReadError(error)) throw error;
        return readSectors(source, target, position);
      }
    },
  };
}

async function readSectors(source: ByteSource, target: Buffer, position: number): Promise<number> {
  for (let at = 0; at < target.length; ) {
    const end = Math.min(target.length, at + sectorBytes - ((position + at) % sectorBytes));
    const sector = target.subarray(at, end);
    try {
      const read = await source.read(sector, position + at);
      if (read < sector.length) return at + read;
    } catch (error) {
      if (!isReadError(error)) throw error;
      sector.fill(0);
    }
    at = end;
  }
  return target.length;
}

const isReadError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EIO';
