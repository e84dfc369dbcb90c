import {
  chmodSync,
  chownSync,
  linkSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { itNeeds, root } from '../../../../test/setup/needs.ts';
import { ensurePasswords, readStorePassword } from './credentials.ts';
import { temporaryFolder } from './engine.test-support.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, 'store.password');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const planted = 'planted-by-somebody-else-who-knows-it-now-x';

test('makes three passwords once, for the owner alone, whatever the umask', () => {
  const before = process.umask(0);
  try {
    const passwords = ensurePasswords(folder);
    expect(new Set(passwords.values()).size).toBe(3);
    expect(ensurePasswords(folder)).toEqual(passwords);
  } finally {
    process.umask(before);
  }
  const names = readdirSync(folder);
  expect(names.sort()).toEqual(['store.password', 'store.reader.password', 'store.writer.password']);
  for (const name of names) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});

test('makes a new one for a file that was cut short', () => {
  for (const rest of ['', 'abc\n']) {
    writeFileSync(path, rest, { mode: 0o600 });
    expect(ensurePasswords(folder).get('admin')).toMatch(/^[\w-]{43}$/);
    expect(readStorePassword(folder)).toMatch(/^[\w-]{43}$/);
  }
});

test('follows no link, and changes nothing behind one', () => {
  const target = join(folder, 'target');
  writeFileSync(target, planted, { mode: 0o644 });
  symlinkSync(target, path);
  expect(() => ensurePasswords(folder)).toThrow(/symbolic link/);
  expect(statSync(target).mode & 0o777).toBe(0o644);
  rmSync(path);
  linkSync(target, path);
  expect(() => ensurePasswords(folder)).toThrow(/second name/);
});

test('takes no password that others could have written', () => {
  writeFileSync(path, planted);
  chmodSync(path, 0o666);
  expect(() => ensurePasswords(folder)).toThrow(/others may write/);
  chmodSync(path, 0o640);
  expect(ensurePasswords(folder).get('admin')).toBe(planted);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).toBe(planted);
});

itNeeds(root)('trusts the folder’s owner, who could replace everything anyway, and no third', () => {
  writeFileSync(path, planted, { mode: 0o600 });
  chownSync(path, 12_345, 12_345);
  expect(() => ensurePasswords(folder)).toThrow(/another user \(12345\)/);
  chownSync(folder, 12_345, 12_345);
  expect(ensurePasswords(folder).get('admin')).toBe(planted);
});
