/** Something that was lost on its way, said for people. */
export interface Loss {
  readonly service: string;
  readonly counter: string;
  readonly words: string;
  readonly amount: number;
}

/** Counters that mean a loss, and what it is that is missing then. */
const lossWords: Readonly<Record<string, string>> = {
  capture_kernel_drops: 'packets the kernel had no room for',
  output_dropped_queue: 'handshakes the correlator did not take in time',
  output_dropped_too_large: 'handshakes too large for a message',
  output_dropped_stop: 'handshakes waiting when the sensor stopped',
  output_file_dropped: 'handshakes that could not be written to a file in time',
  output_file_dropped_stop: 'handshakes not yet in a file when the sensor stopped',
  output_stdout_dropped: 'handshakes that the reader of standard output did not take in time',
  output_stdout_dropped_stop: 'handshakes not yet on standard output when the sensor stopped',
  flows_evicted_for_memory: 'connections given up because too many were open',
  seq_lost: 'HTTP events that did not arrive or could not be read',
  network_rejected: 'network events that could not be read',
  network_socket_truncated: 'network events cut off by the socket',
  network_evicted: 'handshakes forgotten early because too many were waiting',
  rows_rejected: 'rows the store refused',
  rows_lost: 'rows that could not be written to disk before a stop',
  spool_rows_dropped: 'rows that came while the spool was full',
  spool_rows_damaged: 'rows that could not be read back from the spool',
  spool_rows_unencodable: 'rows that could not be encoded',
};

/** Parts of `seq_lost`, by the correlator's own account; a sender without numbers shows only in these. */
const partsOfSeqLost = ['http_rejected', 'sender_dropped'];

/** A loss that this version has no words for yet: better a bare name than silence. */
const unknownLoss = /(?:^|_)(?:lost|dropped|drops)$/;
const noLoss = new Set([...partsOfSeqLost, 'headers_dropped', 'header_values_dropped']);

/** The losses among the counters of one service, none counted twice. */
export function lossesOf(service: string, counted: Readonly<Record<string, number>>): Loss[] {
  const parts = partsOfSeqLost.reduce((sum, name) => sum + (counted[name] ?? 0), 0);
  const amounts = { ...counted, seq_lost: Math.max(counted.seq_lost ?? 0, parts) };
  return Object.entries(amounts).flatMap(([counter, amount]) => {
    const words =
      lossWords[counter] ?? (unknownLoss.test(counter) && !noLoss.has(counter) ? counter : undefined);
    return words !== undefined && amount > 0 ? [{ service, counter, words, amount }] : [];
  });
}
