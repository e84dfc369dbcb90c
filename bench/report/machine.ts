import { cpus } from 'node:os';

/** `2 × model of the processor, Node v24.0.0` */
export const machine = (): string =>
  `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`;
