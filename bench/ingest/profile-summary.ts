import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A function's own time. */
export interface ProfileLine {
  readonly place: string;
  readonly seconds: number;
}

/** Not work: a thread that waits for its next event. */
const waiting = new Set(['(idle)', '(root)']);

/**
 * The functions that took the most time themselves in each V8 profile of a folder, by the profile's thread; what
 * the engine does in threads of its own is not in them.
 */
export function profileSummary(folder: string, most = 12): Record<string, ProfileLine[]> {
  const summary: Record<string, ProfileLine[]> = {};
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))) {
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
    const places = new Map(
      profile.nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
        id,
        url === '' ? functionName : `${functionName || '(anonymous)'} ${basename(url)}:${lineNumber + 1}`,
      ]),
    );
    const own = new Map<string, number>();
    for (const [i, id] of profile.samples.entries()) {
      const place = places.get(id) ?? '(unknown)';
      if (!waiting.has(place)) own.set(place, (own.get(place) ?? 0) + (profile.timeDeltas[i] ?? 0) / 1e6);
    }
    summary[file] = [...own]
      .map(([place, seconds]) => ({ place, seconds }))
      .sort((a, b) => b.seconds - a.seconds)
      .slice(0, most);
  }
  return summary;
}
