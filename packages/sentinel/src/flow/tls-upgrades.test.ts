import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type NetworkEvent, readCaptureFile } from '../index.ts';

const folder = join(import.meta.dirname, 'recordings');
const files = readdirSync(folder).filter((file) => file.endsWith('.pcap'));

/** What the clients' hellos are, wherever they stand. */
const clients: Readonly<Record<string, string>> = {
  openssl: 't13d311000_e8f1e7e78f70_1f22a2ca17c4',
  curl: 't13d3112h2_e8f1e7e78f70_b26ce05bbdd6',
  node: 't13d521100_b262b3658495_8e6e362c5eac',
};

const clientOf: Readonly<Record<string, readonly string[]>> = {
  openssl: [
    'smtp',
    'lmtp',
    'pop3',
    'imap',
    'ftp',
    'nntp',
    'sieve',
    'irc',
    'xmpp',
    'telnet',
    'ldap',
    'postgres',
    'mysql',
  ],
  curl: ['socks5', 'socks4a', 'connect', 'proxy-v1'],
  node: [
    ...['proxy-v2', 'rdp', 'tds', 'tds-small-packets', 'ftp-long', 'alert-first'],
    ...['mysql-pipelined', 'connect-pipelined'],
  ],
};

const recordings = Object.entries(clientOf).flatMap(([client, names]) =>
  names.map((name) => [name, client] as const),
);

async function read(name: string) {
  const reading = readCaptureFile(join(folder, `${name}.pcap`));
  const events: NetworkEvent[] = [];
  for await (const event of reading.events) events.push(event);
  return { events, statistics: reading.statistics };
}

describe('a recorded connection that turns to TLS', () => {
  it.each(recordings)('in the way of %s gives the one event of its client (%s)', async (name, client) => {
    const { events, statistics } = await read(name);
    expect(events).toMatchObject([{ tls_sni: `${name}.example`, ja4: clients[client], has_syn: true }]);
    expect(statistics).toMatchObject({ hellos_after_preamble: 1, hello_incomplete: 0, preamble_too_long: 0 });
  });

  it('is made by the script beside it, and is looked at here', () => {
    const script = readFileSync(new URL('./recordings/record.test-program.ts', import.meta.url), 'utf8');
    const made = [...script.matchAll(/name: '([^']+)'/g)].map(([, name]) => `${name}.pcap`);
    expect(made.sort()).toEqual(files.sort());
    expect(recordings.map(([name]) => `${name}.pcap`).sort()).toEqual(files.sort());
  });
});
