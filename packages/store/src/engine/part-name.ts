/** The name of a MergeTree part's folder, `partition_minBlock_maxBlock_level[_mutation]`. */
export interface PartName {
  partition: string;
  minBlock: number;
  maxBlock: number;
  /** Merges that lie between the inserts and this part; 0 for what an INSERT wrote. */
  level: number;
  /** The newest mutation in it; 0 for none. */
  mutation: number;
}

const form = /^([^_]+)_(\d+)_(\d+)_(\d+)(?:_(\d+))?$/;

/** Reads a part's name; undefined for other folders of a table (`detached`, `tmp_…`, `delete_tmp_…`). */
export function readPartName(name: string): PartName | undefined {
  const match = form.exec(name);
  if (match === null) return undefined;
  const [minBlock, maxBlock, level] = [Number(match[2]), Number(match[3]), Number(match[4])];
  if (minBlock > maxBlock || maxBlock > Number.MAX_SAFE_INTEGER) return undefined;
  return { partition: match[1]!, minBlock, maxBlock, level, mutation: Number(match[5] ?? 0) };
}
