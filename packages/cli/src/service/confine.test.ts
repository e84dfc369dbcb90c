import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposableSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('confine.test-program.ts', import.meta.url));
const versionFlag = 1;
const landlock = koffi.load(null).func('syscall', 'long', ['long', 'void *', 'size_t', 'uint32'])(
  444,
  null,
  0,
  versionFlag,
);

async function listening() {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, port: address.port };
}

test.skipIf(landlock < 4)(
  'a confined service writes to its folder only, connects to its port only, and keeps its channel',
  async () => {
    using base = mkdtempDisposableSync(join(tmpdir(), 'ja4-confine-'));
    using inside = mkdtempDisposableSync(join(base.path, 'in-'));
    const [allowed, other] = [await listening(), await listening()];
    const child = spawn(
      process.execPath,
      [program, inside.path, base.path, String(allowed.port), String(other.port)],
      { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
    );
    const [seen] = (await once(child, 'message')) as [unknown];
    expect(seen).toEqual({
      inside: 'done',
      outside: 'EACCES',
      reads: 'done',
      allowedPort: 'done',
      otherPort: 'EACCES',
      noNewPrivileges: true,
      ambient: '0000000000000000',
      knowsItsMark: false,
    });
    allowed.server.close();
    other.server.close();
  },
);
