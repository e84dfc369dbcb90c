import type { Socket } from 'node:net';
import { Http2ClientReader } from '@ja4/fingerprints/http2';
import type { SeenPreface } from './http2-facts.ts';

/** A client sends its preface at once (RFC 9113 section 3.4); one that does not gets its server anyway. */
const patienceMs = 250;
/** The first request comes right behind the preface, unless the client waits for the server's SETTINGS. */
const requestPatienceMs = 5;

/** Preface, frame header, and so much of SETTINGS as its length says. */
const prefaceLength = 24;
const frameHeaderLength = 9;
/** A longer frame is an error of the client, which the server will find. */
const maxHeld = 16_384 + prefaceLength + frameHeaderLength;

/**
 * Looks at what an HTTP/2 client sends first, puts it back, and hands the socket over, to be called before
 * anybody reads from it. It waits for the end of the SETTINGS frame, which no client withholds, and then some
 * milliseconds for the first request: no longer, because a client may wait for the server's SETTINGS before it
 * asks for something.
 *
 * `handOver` is called once, with undefined when there is no such preface, or never when the connection ends first.
 */
export function readFirstBytes(socket: Socket, handOver: (preface: SeenPreface | undefined) => void): void {
  const reader = new Http2ClientReader();
  let held: Buffer = Buffer.alloc(0);
  let outcome: 'more' | 'settings' | 'request' | 'other' = 'more';
  let isRequestAwaited = false;
  let isDone = false;

  const take = () => {
    for (let chunk: unknown = socket.read(); chunk instanceof Buffer; chunk = socket.read()) {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const result = reader.push(chunk);
      if (result.ok) outcome = 'request';
      else if (result.reason !== 'truncated') outcome = hasSettings(held) ? 'settings' : 'other';
      else if (hasSettings(held)) outcome = 'settings';
    }
    if (outcome === 'request' || outcome === 'other' || held.length >= maxHeld) finish();
    else if (outcome === 'settings' && !isRequestAwaited) {
      isRequestAwaited = true;
      clearTimeout(timer);
      timer = setTimeout(finish, requestPatienceMs);
    }
  };
  const letGo = () => {
    isDone = true;
    clearTimeout(timer);
    socket.removeListener('readable', take);
    socket.removeListener('end', end);
    socket.removeListener('close', letGo);
    socket.removeListener('error', ignore);
  };
  const finish = () => {
    if (isDone || socket.destroyed) return;
    letGo();
    if (held.length > 0) socket.unshift(held);
    const seen = outcome === 'settings' || outcome === 'request';
    handOver(seen ? { client: reader.client, complete: outcome === 'request' } : undefined);
  };
  /** The client has nothing more to say and has asked for nothing. */
  const end = () => socket.destroy();
  /** Nobody else listens yet, and an error without listener ends the process; `close` follows. */
  const ignore = () => {};

  let timer = setTimeout(finish, patienceMs);
  socket.on('error', ignore);
  socket.once('end', end);
  socket.once('close', letGo);
  socket.on('readable', take);
}

function hasSettings(held: Buffer): boolean {
  if (held.length < prefaceLength + frameHeaderLength) return false;
  return held.length >= prefaceLength + frameHeaderLength + held.readUIntBE(prefaceLength, 3);
}
