/** Bounds of the flow table. */
export interface FlowLimits {
  flows: number;
  /** Segments and bytes held for one flow until its ClientHello is complete; those that touch count as one. */
  segmentsPerFlow: number;
  bytesPerFlow: number;
  /** Bytes of a stream among which a hello is looked for; past them only at the start of a segment. */
  preambleBytes: number;
  /** Bytes held for all flows together. */
  heldBytes: number;
  /** A flow without a packet for so long is forgotten (nanoseconds). */
  idleNs: number;
}

export const defaultFlowLimits: FlowLimits = {
  flows: 100_000,
  segmentsPerFlow: 100,
  bytesPerFlow: 64 * 1024,
  preambleBytes: 64 * 1024,
  heldBytes: 64 * 1024 * 1024,
  idleNs: 30e9,
};
