import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readFirstBytes } from './first-bytes.ts';
import type { SeenPreface } from './http2-facts.ts';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const settings = Buffer.from('00000604000000000000' + '0300000064', 'hex');

interface HandedOver {
  readonly preface: SeenPreface | undefined;
  /** What the next reader reads. */
  readonly text: string;
}

let server: Server;
let port: number;
let handedOver: ((what: HandedOver) => void) | undefined;
const sockets = new Set<Socket>();

beforeEach(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    readFirstBytes(socket, (seen) => {
      let text = '';
      socket.setEncoding('latin1');
      socket.on('error', () => socket.destroy());
      socket.on('data', (part: string) => {
        text += part;
      });
      socket.on('end', () => handedOver?.({ preface: seen, text }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await new Promise((resolve) => server.close(resolve));
});

/** Writes portions, each when the one before has left, and waits for what the server's next reader got. */
async function send(portions: readonly Uint8Array[]): Promise<HandedOver> {
  const result = new Promise<HandedOver>((resolve) => {
    handedOver = resolve;
  });
  const client = connect(port, '127.0.0.1');
  client.on('error', () => client.destroy());
  client.setNoDelay(true);
  for (const portion of portions) {
    await new Promise((resolve) => client.write(portion, resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
  // Not before it was handed over: who ends first has asked for nothing.
  await new Promise((resolve) => setTimeout(resolve, 300));
  client.end();
  return result;
}

describe('looking at the first bytes of a connection', () => {
  it('takes nothing away from who reads next, whatever the bytes and however they come', async () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    const beginning = fc.constantFrom(
      Buffer.alloc(0),
      preface,
      preface.subarray(0, 20),
      Buffer.concat([preface, settings]),
      Buffer.concat([preface, settings.subarray(0, 12)]),
    );
    await fc.assert(
      fc.asyncProperty(beginning, fc.array(bytes, { minLength: 1, maxLength: 4 }), async (first, rest) => {
        const { text } = await send([first, ...rest]);
        expect(text).toBe(Buffer.concat([first, ...rest]).toString('latin1'));
      }),
      { numRuns: 12 },
    );
  });

  it('knows a client by its settings alone', async () => {
    const { preface: seen } = await send([preface, settings]);
    expect(seen).toMatchObject({ complete: false, client: { settings: [{ id: 3, value: 100 }] } });
  });

  it('knows none where the settings were not whole in time', async () => {
    const { preface: seen, text } = await send([preface, settings.subarray(0, 14)]);
    expect(seen).toBeUndefined();
    expect(text).toHaveLength(38);
  });
});
