import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { server } from './network.ts';
import { run } from './run.ts';

export interface Certificates {
  /** PEM of the testbed's own authority, for clients that verify. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** Makes (once per folder) an authority and a server certificate for the shop. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const at = (name: string) => join(folder, name);
  const made = { authority: at('ca.pem'), certificate: at('server.pem'), key: at('server.key') };
  if (existsSync(made.certificate)) return made;
  await mkdir(folder, { recursive: true });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const days = ['-days', '365'];
  await run('openssl', [
    ...['req', '-x509', ...key, ...days, '-subj', '/CN=Testbed Authority', '-keyout', at('ca.key')],
    ...['-out', made.authority, '-addext', 'keyUsage=critical,keyCertSign'],
  ]);
  await run('openssl', [
    ...['req', ...key, '-subj', `/CN=${server.name}`, '-keyout', made.key, '-out', at('server.csr')],
  ]);
  await writeFile(
    at('server.ext'),
    `subjectAltName=DNS:${server.name},IP:${server.ipv4},IP:${server.ipv6}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n`,
  );
  await run('openssl', [
    ...['x509', '-req', '-in', at('server.csr'), '-CA', made.authority, '-CAkey', at('ca.key'), ...days],
    ...['-extfile', at('server.ext'), '-out', made.certificate],
  ]);
  return made;
}
