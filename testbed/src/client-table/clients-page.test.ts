import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clients } from '../clients/clients.ts';
import { clientsPage, introduction } from './clients-page.ts';
import { writeClientsPage } from './command.ts';
import { requestEvent } from './events.test-support.ts';
import { SightingsBuilder } from './sightings.ts';

const root = join(import.meta.dirname, '../../..');

/** Rows of the table below a heading, cells as they stand there. */
function rowsBelow(page: string, heading: string): string[][] {
  const part = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const lines = part.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) => line.slice(2, -2).split(/ (?<!\\)\| /));
}

const nameIn = (cell: string | undefined) => cell?.replaceAll('`', '') ?? '';

describe('the page about clients', () => {
  it('names what was seen of each client, and with whom it shares it', () => {
    const browser = new SightingsBuilder('person');
    const tool = new SightingsBuilder('bot');
    for (const one of [browser, tool]) {
      one.handshake({ ja4: 't13d1516h2_aaaaaaaaaaaa_bbbbbbbbbbbb', tls_stack: 't13x15xx_c' });
      one.request(
        requestEvent({ h2_fingerprint: '1:65536|1|0|m,a,s,p', client_headers: 'accept,user-agent' }),
      );
    }
    const page = clientsPage({
      seen: new Map([
        ['browser', browser.done()],
        ['tool', tool.done()],
        ['silent', new SightingsBuilder('bot').done()],
      ]),
      notRecorded: new Map([['absent', 'needs a thing']]),
      provenance: ['a test.'],
    });
    expect(rowsBelow(page, 'Clients')).toEqual([
      [
        ...[
          '`browser`',
          'person',
          '`t13d1516h2_aaaaaaaaaaaa_bbbbbbbbbbbb`',
          'T1',
          '`1:65536\\|1\\|0\\|m,a,s,p`',
        ],
        ...['H1*', '**all three**: tool'],
      ],
      [
        ...['`tool`', 'bot', '`t13d1516h2_aaaaaaaaaaaa_bbbbbbbbbbbb`', 'T1', '`1:65536\\|1\\|0\\|m,a,s,p`'],
        ...['H1*', '**all three**: browser'],
      ],
      ['`silent`', 'bot', 'none seen', 'none seen', 'none seen', 'none seen', 'nobody here'],
    ]);
    expect(page).toContain('- `absent`: needs a thing');
    expect(rowsBelow(page, 'Header orders')).toEqual([
      ['H1', '`HTTP/2: accept, user-agent`', 'browser, tool'],
    ]);
  });

  it('can be made from every bundled recording', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ja4-clients-'));
    try {
      const samples = (await readdir(join(root, 'samples'))).map((name) => join(root, 'samples', name));
      const recordings = samples.filter((sample) => existsSync(join(sample, 'labels.csv')));
      expect(recordings.length).toBeGreaterThan(0);
      for (const recording of recordings) {
        const out = join(folder, 'clients.md');
        await writeClientsPage({ recording, out, report: () => undefined });
        const rows = rowsBelow(await readFile(out, 'utf8'), 'Clients');
        expect(rows.length).toBeGreaterThan(10);
        expect(rows.find(([name]) => name === '`chromium`')?.join()).toMatch(/`t13d\w+h2_\w+`.*\|m,a,s,p`/);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('docs/clients.md', () => {
  const read = () => readFile(join(root, 'docs/clients.md'), 'utf8');

  it('is the work of the present program', async () => {
    expect((await read()).startsWith(introduction)).toBe(true);
  });

  it('has every kind of client, or says why it was not recorded', async () => {
    const page = await read();
    const recorded = rowsBelow(page, 'Clients').map(([name]) => nameIn(name));
    const excused = [...page.matchAll(/^- `([^`]+)`: ./gm)].map((match) => match[1] ?? '');
    const named = [...recorded, ...excused];
    expect(Object.keys(clients).filter((name) => !named.includes(name))).toEqual([]);
    expect(named.filter((name) => !Object.keys(clients).includes(name))).toEqual([]);
  });

  it('gives a label as the testbed does', async () => {
    const labels: Record<string, string> = Object.fromEntries(
      Object.entries(clients).map(([name, { label }]) => [name, label]),
    );
    for (const [name, label] of rowsBelow(await read(), 'Clients')) expect(label).toBe(labels[nameIn(name)]);
  });
});
