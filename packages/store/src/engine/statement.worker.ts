import { parentPort } from 'node:worker_threads';
import { type ChdbQueryStream, Session } from 'chdb';
import type { FromWorker, ToWorker, WorkerJob } from './statement-worker.ts';

/*
 * Runs one statement at a time, each in a chDB session of its own. A thread of its own, because chDB plans a
 * streamed statement (and runs its scalar subqueries) synchronously, and defers closing a session while any
 * other statement of the same JavaScript thread runs.
 */

const port = parentPort;
if (port === null) throw new Error('statement.worker.ts runs as a worker thread only.');

/** The session that outlives its statements, in a thread that belongs to an HTTP session. */
let kept: Session | undefined;
let wake: ((message: ToWorker) => void) | undefined;

function send(message: FromWorker): void {
  port?.postMessage(message);
}

/** The next message of the main thread while a stream waits for it. */
function nextMessage(): Promise<ToWorker> {
  const { promise, resolve } = Promise.withResolvers<ToWorker>();
  wake = resolve;
  return promise;
}

async function stream(session: Session, job: WorkerJob): Promise<void> {
  let chunks: ChdbQueryStream | undefined;
  try {
    chunks = session.queryStream(job.sql, { format: job.format });
    for await (const chunk of chunks) {
      send({ kind: 'chunk', bytes: chunk.raw(), rows: chunk.numRows });
      if ((await nextMessage()).kind !== 'next') break;
    }
  } finally {
    chunks?.cancel();
  }
}

async function run(job: WorkerJob): Promise<void> {
  const session = kept ?? new Session(job.dataDir);
  if (job.keep) kept = session;
  let outcome: FromWorker = { kind: 'end' };
  try {
    session.query(job.prelude);
    if (job.stream) await stream(session, job);
    else {
      const result = await session.queryAsync(job.sql, { format: job.format });
      const { rowsRead, bytesRead, elapsed } = result;
      outcome = { kind: 'result', bytes: result.bytes(), rowsRead, bytesRead, elapsed };
    }
  } catch (error) {
    outcome = { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  } finally {
    if (!job.keep) session.close();
  }
  send(outcome);
}

port.on('message', (message: ToWorker) => {
  const waiting = wake;
  if (waiting !== undefined) {
    wake = undefined;
    waiting(message);
  } else if (message.kind === 'run')
    run(message.job).catch((error: unknown) => send({ kind: 'failed', message: String(error) }));
  else if (message.kind === 'forget') {
    kept?.close();
    kept = undefined;
    send({ kind: 'end' });
  } else if (message.kind === 'close') port.close();
});
send({ kind: 'ready' });
