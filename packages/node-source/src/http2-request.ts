import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Connection } from './connection.ts';
import type { Containment } from './containment.ts';
import { millisecondsSince } from './http1-request.ts';
import type { RequestRecorder } from './request-recorder.ts';

/** Watches a request on an HTTP/2 stream until the stream has closed. */
export function observeHttp2(
  recorder: RequestRecorder,
  connection: Connection,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
  containment: Containment,
): void {
  if (connection.open.has(stream)) return;
  const startedAt = performance.now();
  const end = recorder.begin({
    connection,
    method: headers[':method'] ?? '',
    target: headers[':path'] ?? '',
    authority: headers[':authority'],
    httpVersion: 'HTTP/2',
    rawHeaders,
    message: { headers },
  });
  const written = countWritten(stream);
  const finish = () => {
    try {
      if (!connection.open.delete(stream)) return;
      const sent = stream.sentHeaders ?? {};
      const status = sent[':status'];
      end({
        status: status === undefined ? undefined : Number(status),
        responseSize: status === undefined ? undefined : written() || fileSize(stream, headers[':method']),
        durationMs: millisecondsSince(startedAt),
      });
    } catch (error) {
      containment.failed(error);
    }
  };
  connection.open.set(stream, finish);
  stream.once('close', finish);
}

/** Counts the bytes of DATA that go through the stream. */
function countWritten(stream: ServerHttp2Stream): () => number {
  let bytes = 0;
  const count = (chunk: unknown, encoding: BufferEncoding) => {
    if (typeof chunk === 'string') bytes += Buffer.byteLength(chunk, encoding);
    else if (ArrayBuffer.isView(chunk)) bytes += chunk.byteLength;
  };
  const { _write: write, _writev: writev } = stream;
  stream._write = (chunk: unknown, encoding, callback) => {
    count(chunk, encoding);
    write.call(stream, chunk, encoding, callback);
  };
  if (writev !== undefined) {
    stream._writev = (chunks, callback) => {
      for (const { chunk, encoding } of chunks) count(chunk, encoding);
      writev.call(stream, chunks, callback);
    };
  }
  return () => bytes;
}

/** Files that Node sends by itself (`respondWithFile`) do not pass the stream; their length is announced. */
function fileSize(stream: ServerHttp2Stream, method: string | undefined): number {
  const { 'content-length': length, ':status': status } = stream.sentHeaders ?? {};
  const hasBody = method !== 'HEAD' && status !== 204 && status !== 304 && stream.rstCode === 0;
  return hasBody && length !== undefined ? Number(length) || 0 : 0;
}
