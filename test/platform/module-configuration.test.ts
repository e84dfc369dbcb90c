/** What mod_reqin_log says to Apache's configuration check. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { apacheNeeds, buildModule, moduleFolder } from '../setup/apache.ts';
import { itNeeds, program } from '../setup/needs.ts';

const needs = apacheNeeds;
const it = itNeeds(...needs);
let module = '';
const folder = mkdtempSync(join(tmpdir(), 'ja4-module-'));

beforeAll(() => {
  if (!needs.every((need) => need.present())) return;
  module = buildModule();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Apache's opinion on directives at the top and in a virtual host. */
function check(top: string, inHost = ''): { ok: boolean; text: string } {
  const file = join(folder, 'httpd.conf');
  writeFileSync(
    file,
    `ServerRoot ${folder}
ServerName localhost
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
Listen 127.0.0.1:65001
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule reqin_log_module ${module}
${top}
<VirtualHost 127.0.0.1:65001>
${inHost}
</VirtualHost>
`,
  );
  const { status, stdout, stderr } = spawnSync('apache2', ['-t', '-f', file], { encoding: 'utf8' });
  return { ok: status === 0, text: stdout + stderr };
}

it('takes what the guide says', () => {
  const { ok, text } = check(`JsonSockLogEnabled On
JsonSockLogSocket /run/ja4/http.socket
JsonSockLogReconnectInterval 1
JsonSockLogHeaders User-Agent Accept
JsonSockLogDenyHeaders X-Session X-Token
JsonSockLogPhase read
JsonSockLogServerId web-1`);
  expect(text).toContain('Syntax OK');
  expect(ok).toBe(true);
});

it('refuses a name of its own for a virtual host, because the numbers of events are the whole server’s', () => {
  const { ok, text } = check('', 'JsonSockLogServerId web-1');
  expect(text).toMatch(/JsonSockLogServerId .*VirtualHost/);
  expect(ok).toBe(false);
});

it.each([
  ['JsonSockLogHeaders Cookie', /holds credentials/],
  ['JsonSockLogHeaders Accept sET-cOOkie', /holds credentials/],
  ['JsonSockLogHeaders "a b"', /is not a header name/],
  [`JsonSockLogSocket /run/${'x'.repeat(110)}`, /has 115 bytes, the system allows 107/],
  ['JsonSockLogSocket http.socket', /absolute path/],
  ['JsonSockLogMaxHeaders many', /is not a whole number from 0 to 1000/],
  ['JsonSockLogMaxHeaderValueLen 0', /is not a whole number from 1 to 8192/],
  ['JsonSockLogLevel LOUD', /none of DEBUG/],
  ['JsonSockLogPhase end', /JsonSockLogPhase.*end.*log.*read/],
  ['JsonSockLogDenyHeaders "a b"', /is not a header name/],
  ['JsonSockLogEnabled On', /JsonSockLogSocket/],
])('says what is wrong with %s', (directive, reason) => {
  const { ok, text } = check(directive);
  expect(text).toMatch(reason);
  expect(ok).toBe(false);
});

itNeeds(...needs, program('make', 'build-essential'), {
  what: 'cmocka',
  install: 'apt-get install libcmocka-dev',
  present: () => existsSync('/usr/include/cmocka.h'),
})('passes the unit tests of its parts, under sanitizers', () => {
  const { status, stdout, stderr } = spawnSync('make', ['-s', '-C', moduleFolder, 'check'], {
    encoding: 'utf8',
  });
  expect(stdout + stderr).toContain('[  PASSED  ]');
  expect(status, stdout + stderr).toBe(0);
});
