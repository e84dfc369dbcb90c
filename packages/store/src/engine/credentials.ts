import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { dirname, join } from 'node:path';
import { failure } from './clickhouse-error.ts';

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

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
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
    if (!hasCode(error, 'ENOENT')) throw error;
    throw Object.assign(
      new Error(`No store password at ${path}. Start the store once (ja4 store), or check data_dir.`),
      { code: 'STORE_NO_PASSWORD' },
    );
  }
}

/** A password this module has made: 32 random bytes as base64url. */
const wholePassword = /^[\w-]{43}$/;

function unsafe(path: string, why: string): Error {
  return Object.assign(
    new Error(
      `The store does not use the password in ${path}: ${why}. Remove the file; the store makes a new one.`,
    ),
    { code: 'STORE_UNSAFE' },
  );
}

/**
 * The password that an earlier start left, undefined if there is none or only a part of one (the machine went
 * down while it was written).
 * @throws Error with code STORE_UNSAFE when somebody else may have put it there or may know it
 */
function keptPassword(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (hasCode(error, 'ELOOP')) throw unsafe(path, 'it is a symbolic link');
    throw error;
  }
  try {
    const { uid, nlink, mode } = fstatSync(file);
    // Whoever owns the folder can replace everything in it anyway.
    const trusted = [process.geteuid?.(), 0, statSync(dirname(path)).uid];
    if (!trusted.includes(uid)) throw unsafe(path, `it belongs to another user (${uid})`);
    if (nlink > 1) throw unsafe(path, 'the file has a second name');
    if ((mode & 0o022) !== 0) throw unsafe(path, 'others may write it');
    if ((mode & 0o077) !== 0) fchmodSync(file, 0o600);
    const password = readFileSync(file, 'utf8').trim();
    return wholePassword.test(password) ? password : undefined;
  } finally {
    closeSync(file);
  }
}

/** Makes a password and puts it in its place whole, or not at all. */
function makePassword(path: string): string {
  const password = randomBytes(32).toString('base64url');
  const draft = `${path}.${process.pid}.new`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${password}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(draft, path);
  return password;
}

/**
 * Makes the passwords that do not exist yet, readable by the owner alone.
 * @throws Error with code STORE_UNSAFE when a file there cannot be trusted
 */
export function ensurePasswords(dataDir: string): ReadonlyMap<Role, string> {
  const passwords = new Map<Role, string>();
  for (const role of ['admin', 'writer', 'reader'] as const) {
    const path = join(dataDir, files[role]);
    passwords.set(role, keptPassword(path) ?? makePassword(path));
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

/** What each role may act as, the role itself first. */
const granted: Record<Role, readonly Role[]> = {
  admin: ['admin', 'writer', 'reader'],
  writer: ['writer', 'reader'],
  reader: ['reader'],
};

/**
 * The role that a request acts in when it asks for `names` (the URL's `role`): the widest of those, never more than
 * the login's own.
 * @throws ClickHouseFailure UNKNOWN_ROLE or SET_NON_GRANTED_ROLE
 */
export function limitedRole(own: Role, names: readonly string[]): Role {
  if (names.length === 0) return own;
  for (const name of names) {
    if (!granted.admin.some((role) => role === name))
      throw failure(
        'UNKNOWN_ROLE',
        `There is no role \`${name.slice(0, 40)}\`; there are admin, writer and reader.`,
      );
    if (!granted[own].some((role) => role === name))
      throw failure(
        'SET_NON_GRANTED_ROLE',
        `Role ${name} should be granted to set as a current; ${own} has it not.`,
      );
  }
  return granted[own].find((role) => names.includes(role)) ?? own;
}
