import type { Forest } from './isolation-forest.ts';

/** A forest as JSON: sizes as numbers, arrays as base64 of their little-endian bytes. */
export interface ForestJson {
  columns: number;
  width: number;
  sampleSize: number;
  arrays: Record<(typeof arrayNames)[number], string>;
}

const arrayNames = ['roots', 'left', 'feature', 'weight', 'threshold', 'leafDepth', 'gain'] as const;

export function forestToJson(forest: Forest): ForestJson {
  const encode = (array: ArrayBufferView) =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');
  return {
    columns: forest.columns,
    width: forest.width,
    sampleSize: forest.sampleSize,
    arrays: {
      roots: encode(forest.roots),
      left: encode(forest.left),
      feature: encode(forest.feature),
      weight: encode(forest.weight),
      threshold: encode(forest.threshold),
      leafDepth: encode(forest.leafDepth),
      gain: encode(forest.gain),
    },
  };
}

/** The forest of a file this package wrote. Throws `model_file` when the arrays do not belong together. */
export function forestFromJson(json: ForestJson): Forest {
  const bytes = (name: (typeof arrayNames)[number]) =>
    new Uint8Array(Buffer.from(json.arrays[name], 'base64')).buffer;
  const forest: Forest = {
    columns: json.columns,
    width: json.width,
    sampleSize: json.sampleSize,
    roots: new Int32Array(bytes('roots')),
    left: new Int32Array(bytes('left')),
    feature: new Uint16Array(bytes('feature')),
    weight: new Float32Array(bytes('weight')),
    threshold: new Float32Array(bytes('threshold')),
    leafDepth: new Float32Array(bytes('leafDepth')),
    gain: new Float32Array(bytes('gain')),
  };
  const nodes = forest.left.length;
  // Children lie behind their parent, so a path always ends; a damaged file must not loop for ever.
  const sound =
    forest.threshold.length === nodes &&
    forest.leafDepth.length === nodes &&
    forest.gain.length === 2 * nodes &&
    forest.feature.length === nodes * forest.width &&
    forest.weight.length === nodes * forest.width &&
    forest.roots.every((root) => root >= 0 && root < nodes) &&
    forest.left.every((child, node) => child === 0 || (child > node && child + 1 < nodes)) &&
    forest.feature.every((axis) => axis < forest.columns);
  if (!sound)
    throw Object.assign(
      new Error('The forest of the model file is damaged: delete the file to train anew.'),
      {
        code: 'model_file',
      },
    );
  return forest;
}
