import { readFile } from 'node:fs/promises';
import { type Network, runInside, server } from '../network.ts';
import { type Running, start } from '../run.ts';
import { pause } from '../time.ts';
import type { WebServer } from './server.ts';

const startPatienceMs = 15_000;
/** For requests that are being answered when the server shall stop. */
const stopPatienceMs = 4_000;

export interface ServerProgram {
  readonly name: string;
  readonly network: Network;
  /** Runs it in the foreground. */
  readonly command: readonly string[];
  /** Asks it to answer what it has begun, and end. */
  readonly gracefulSignal: NodeJS.Signals;
  readonly logFile?: string;
}

async function refusal(running: Running, program: ServerProgram, said: string): Promise<Error> {
  const log = program.logFile ? await readFile(program.logFile, 'utf8').catch(() => '') : '';
  await running.stop();
  const last = `${said}\n${log}`.trim().split('\n').slice(-5).join(' / ');
  return new Error(`${program.name} did not start; it says: ${last}`);
}

async function listens(network: Network): Promise<boolean> {
  return (await runInside(network.inside, 'ss', '-Hltn', `src ${server.ipv4}:443`)) !== '';
}

/** Starts a web server where the server is and waits until it listens; an Error with its last words if it never does. */
export async function startServerProgram(program: ServerProgram): Promise<WebServer> {
  const [command = '', ...args] = [...program.network.inside, ...program.command];
  const running = start(command, args, { stderr: 'pipe' });
  let said = '';
  running.process.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4_000);
  });
  for (let waited = 0; !(await listens(program.network)); waited += 50) {
    if (running.process.exitCode !== null || waited > startPatienceMs) {
      throw await refusal(running, program, said);
    }
    await pause(50);
  }
  return {
    async stop() {
      if (running.process.exitCode === null) running.process.kill(program.gracefulSignal);
      await Promise.race([running.ended.catch(() => null), pause(stopPatienceMs)]);
      await running.stop();
    },
  };
}
