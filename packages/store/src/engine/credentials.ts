import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';

/** What a user may do: everything but files and addresses, read and insert, or only read. */
export type Role = 'admin' | 'writer' | 'reader';

const files: Record<Role, string> = {
  admin: 'store.password',
  writer: 'store.writer.password',
  reader: 'store.reader.password',
};

/** User names of each role. */
const roleOfUser: ReadonlyMap<string, Role> = new Map([
  ['default', 'admin'],
  ['admin', 'admin'],
  ['writer', 'writer'],
  ['reader', 'reader'],
]);

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/**
 * The password of the embedded store's user of this role, as `startEngine` left it in the data folder.
 * @throws Error with code STORE_NO_PASSWORD when the store has never been started there
 */
export function readStorePassword(dataDir: string, role: Role = 'admin'): string {
  const path = join(dataDir, files[role]);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw Object.assign(
      new Error(`No store password at ${path}. Start the store once (ja4 store), or check data_dir.`),
      { code: 'STORE_NO_PASSWORD' },
    );
  }
}

/** Makes the passwords that do not exist yet: 32 random bytes each, readable by the owner alone. */
export function ensurePasswords(dataDir: string): ReadonlyMap<Role, string> {
  const passwords = new Map<Role, string>();
  for (const role of ['admin', 'writer', 'reader'] as const) {
    const path = join(dataDir, files[role]);
    try {
      writeFileSync(path, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      chmodSync(path, 0o600);
    }
    passwords.set(role, readStorePassword(dataDir, role));
  }
  return passwords;
}

/** A name and password as a request gave them. */
export interface Login {
  user: string;
  password: string;
}

/**
 * The login of a request, by ClickHouse's three ways: `X-ClickHouse-User`/`-Key`, HTTP Basic, or the URL's
 * `user`/`password`. Undefined when none is given.
 */
export function readLogin(headers: IncomingHttpHeaders, url: URLSearchParams): Login | undefined {
  const user = headers['x-clickhouse-user'];
  if (typeof user === 'string')
    return {
      user,
      password: typeof headers['x-clickhouse-key'] === 'string' ? headers['x-clickhouse-key'] : '',
    };
  const basic = /^Basic +([A-Za-z0-9+/=_-]+)$/i.exec(headers.authorization ?? '')?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  const urlUser = url.get('user');
  return urlUser === null ? undefined : { user: urlUser, password: url.get('password') ?? '' };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The role of a login, undefined when name or password is wrong. Takes the same time for either. */
export function roleOfLogin(login: Login, passwords: ReadonlyMap<Role, string>): Role | undefined {
  const role = roleOfUser.get(login.user);
  const expected = passwords.get(role ?? 'reader') ?? '';
  const matches = timingSafeEqual(digest(login.password), digest(expected));
  return matches && expected !== '' ? role : undefined;
}
