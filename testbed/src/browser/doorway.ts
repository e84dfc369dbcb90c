import { execFile } from 'node:child_process';
import { appendFile, readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { server } from '../network.ts';
import { randomFrom } from '../random.ts';

const execute = promisify(execFile);
export const searchEngine = 'search.example';

/** A certificate of the testbed's authority for the search engine, made with the key that lies beside it. */
async function certificateIn(folder: string, authority: string): Promise<{ cert: string; key: string }> {
  const at = (name: string) => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '365'];
  await execute('openssl', [
    ...[
      'req',
      '-x509',
      ...key,
      '-subj',
      `/CN=${searchEngine}`,
      '-addext',
      `subjectAltName=DNS:${searchEngine}`,
    ],
    ...['-addext', 'basicConstraints=critical,CA:FALSE', '-CA', authority],
    ...['-CAkey', join(dirname(authority), 'ca.key'), '-keyout', at('search.key'), '-out', at('search.pem')],
  ]);
  return { cert: await readFile(at('search.pem'), 'utf8'), key: await readFile(at('search.key'), 'utf8') };
}

/**
 * The place that people come from: a search engine on the loopback of their namespace, whose results link to
 * pages of the shop, so that referrer and Sec-Fetch headers are those of a followed link.
 */
export async function openDoorway(folder: string, authority: string): Promise<void> {
  const credentials = await certificateIn(folder, authority);
  const random = randomFrom(Number(folder.replace(/\D/g, '')));
  const paths = () => [
    `/product/${random.integer(100, 147)}.html`,
    `/product/${random.integer(100, 147)}.html`,
    '/journal/',
    '/',
  ];
  const door = createServer(credentials, (_request, response) => {
    const results = paths().map(
      (path) => `<p><a class="result" href="https://${server.name}${path}">Example Shop ${path}</a></p>`,
    );
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.setHeader('Cache-Control', 'no-store');
    response.end(`<!doctype html><title>Search</title><link rel="icon" href="data:,">${results.join('')}`);
  });
  await new Promise<void>((resolve, reject) => {
    door.once('error', reject);
    door.listen(443, '127.0.0.1', resolve);
  });
  door.unref();
  // The hosts file is the namespace's own.
  await appendFile('/etc/hosts', `127.0.0.1 ${searchEngine}\n`);
}
