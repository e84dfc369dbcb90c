import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ForestJson, forestFromJson, forestToJson } from './forest/forest-file.ts';
import type { ForestVoice, Model, ModelName } from './model.ts';

/** Versions kept per model, the one in use included. */
const keptVersions = 5;

interface ModelFile extends Omit<Model, 'forestVoice'> {
  format: 1;
  forestVoice:
    | (Omit<ForestVoice, 'forest' | 'usualImportance'> & { forest: ForestJson; usualImportance: number[] })
    | null;
}

/**
 * Writes a model as `<dir>/<version>.json` and makes it the current one. The file appears whole or not at
 * all; older versions beyond the newest five are removed.
 */
export function saveModel(dir: string, model: Model): void {
  mkdirSync(dir, { recursive: true });
  const voice = model.forestVoice;
  const file: ModelFile = {
    ...model,
    format: 1,
    forestVoice: voice && {
      columns: voice.columns,
      calibration: voice.calibration,
      forest: forestToJson(voice.forest),
      usualImportance: [...voice.usualImportance],
    },
  };
  replaceFile(join(dir, `${model.version}.json`), JSON.stringify(file));
  replaceFile(join(dir, `${model.name}.current`), `${model.version}\n`);
  for (const old of versions(dir, model.name).slice(keptVersions))
    rmSync(join(dir, `${old}.json`), { force: true });
}

/** Versions of a model, newest first. */
export function versions(dir: string, name: ModelName): string[] {
  return readdirSync(dir)
    .filter((file) => file.startsWith(`${name}-`) && file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort()
    .reverse();
}

export type LoadedModel =
  | { readonly ok: true; readonly model: Model }
  | { readonly ok: false; readonly reason: 'absent' | 'damaged'; readonly detail: string };

/** The current model of a folder. A damaged file is a result, not an exception: the cycle trains anew. */
export function loadModel(dir: string, name: ModelName): LoadedModel {
  const pointer = join(dir, `${name}.current`);
  let path = pointer;
  try {
    path = join(dir, `${readFileSync(pointer, 'utf8').trim()}.json`);
    const file = JSON.parse(readFileSync(path, 'utf8')) as ModelFile;
    if (file.format !== 1 || file.name !== name) throw new Error(`format ${file.format}, model ${file.name}`);
    const voice = file.forestVoice;
    const forestVoice = voice && {
      columns: voice.columns,
      calibration: voice.calibration,
      forest: forestFromJson(voice.forest),
      usualImportance: Float64Array.from(voice.usualImportance),
    };
    if (forestVoice && forestVoice.forest.columns !== forestVoice.columns.length)
      throw new Error('the forest has other features than the model');
    const { format: _, ...model } = file;
    return { ok: true, model: { ...model, forestVoice } };
  } catch (error) {
    if (path === pointer && (error as NodeJS.ErrnoException).code === 'ENOENT')
      return { ok: false, reason: 'absent', detail: pointer };
    return {
      ok: false,
      reason: 'damaged',
      detail: `${path}: ${error instanceof Error ? error.message : error}`,
    };
  }
}

function replaceFile(path: string, content: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}
