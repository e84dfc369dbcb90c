import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program, root } from '../../../test/setup/needs.ts';
import { type Certificates, makeCertificates } from '../certificates.ts';
import { buildNetwork, type Network, runInside, server, tearDown } from '../network.ts';
import { makeSite } from '../site/make-site.ts';
import { type Backend, startBackend } from '../site/start-backend.ts';
import type { ServerOptions, WebServer } from './server.ts';

/** What every stage stands on. */
export const stageNeeds = [
  ...[root, program('gcc'), program('ip', 'iproute2'), program('ss', 'iproute2')],
  ...[program('curl'), program('openssl')],
];

export const origin = `https://${server.name}`;
const crawler = join(import.meta.dirname, '../site/crawl.ts');

export interface CrawledSite {
  readonly statuses: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

/** Network, site and backend, on which one web server after the other can stand. Nobody receives its events. */
export class Stage {
  readonly #folder: string;
  readonly #network: Network;
  readonly #certificates: Certificates;
  readonly #site: string;
  readonly #backend: Backend;

  private constructor(
    folder: string,
    network: Network,
    certificates: Certificates,
    site: string,
    backend: Backend,
  ) {
    this.#folder = folder;
    this.#network = network;
    this.#certificates = certificates;
    this.#site = site;
    this.#backend = backend;
  }

  static async build(): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'ja4-stage-'));
    // Servers give up root before they read the site.
    await chmod(folder, 0o755);
    const network = await buildNetwork();
    const certificates = await makeCertificates(join(folder, 'tls'));
    const site = await makeSite(join(folder, 'site'));
    return new Stage(folder, network, certificates, site, await startBackend({ network, site }));
  }

  async remove(): Promise<void> {
    await this.#backend.stop();
    await tearDown();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Lets a server serve while `visit` runs. */
  async serve(
    name: string,
    start: (options: ServerOptions) => Promise<WebServer>,
    visit: () => Promise<void>,
  ): Promise<void> {
    const served = await start({
      ...{ network: this.#network, certificates: this.#certificates, site: this.#site },
      ...{ backendPort: this.#backend.port, folder: join(this.#folder, name) },
      socketPath: join(this.#folder, 'http.socket'),
    });
    await visit().finally(() => served.stop());
  }

  async crawl(): Promise<CrawledSite> {
    const trust = `NODE_EXTRA_CA_CERTS=${this.#certificates.authority}`;
    const said = await runInside(this.#network.inside, 'env', trust, process.execPath, crawler, origin);
    return JSON.parse(said) as CrawledSite;
  }

  /** Status, HTTP version and some response headers, as curl sees them. */
  async seen(path: string, ...options: string[]): Promise<Record<string, string>> {
    const names = ['cache-control', 'etag', 'content-encoding', 'content-type'];
    const format = [
      ...['status=%{http_code}', 'version=%{http_version}'],
      ...names.map((name) => `${name}=%header{${name}}`),
    ];
    const lines = await runInside(
      this.#network.inside,
      ...['curl', '-s', '--path-as-is', '--cacert', this.#certificates.authority, '-o', '/dev/null'],
      ...['-w', format.join('\n'), ...options, origin + path],
    );
    return Object.fromEntries(
      lines.split('\n').map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]),
    );
  }
}
