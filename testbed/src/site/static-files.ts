import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { cacheControlOf } from './dynamic-paths.ts';
import type { ShopResponse } from './exchange.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.xml': 'application/xml',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.ttf': 'font/ttf',
};

/** The files below a folder by the path that asks for them; read once, so that no path can lead elsewhere. */
export class StaticFiles {
  readonly #files: ReadonlyMap<string, ShopResponse>;

  private constructor(files: ReadonlyMap<string, ShopResponse>) {
    this.#files = files;
  }

  static async load(folder: string): Promise<StaticFiles> {
    const files = new Map<string, ShopResponse>();
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const body = await readFile(file);
      const path = `/${relative(folder, file)}`;
      const answer: ShopResponse = {
        status: 200,
        headers: [
          ['content-type', types[extname(file)] ?? 'application/octet-stream'],
          ['cache-control', cacheControlOf(path)],
          ['last-modified', (await stat(file)).mtime.toUTCString()],
          ['etag', `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`],
        ],
        body,
      };
      files.set(path, answer);
      if (entry.name === 'index.html') files.set(path.slice(0, -'index.html'.length), answer);
    }
    return new StaticFiles(files);
  }

  get paths(): readonly string[] {
    return [...this.#files.keys()];
  }

  /** Undefined when there is no such file; `/folder` without its slash redirects, as web servers do. */
  answer(path: string): ShopResponse | undefined {
    if (!path.endsWith('/') && this.#files.has(`${path}/`)) {
      return { status: 301, headers: [['location', `${path}/`]], body: '' };
    }
    return this.#files.get(path);
  }

  /** The 404 document. */
  get missing(): ShopResponse {
    return { ...(this.#files.get('/not-found.html') ?? { headers: [], body: '' }), status: 404 };
  }
}
