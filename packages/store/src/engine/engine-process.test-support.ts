/*
 * Runs an engine until it is killed or told to stop: `node engine-process.test-support.ts FOLDER PORT [MEMORY_BYTES]`.
 * Prints one line of JSON, `{ "url": … }` or `{ "code": …, "message": … }`; ends gracefully on SIGTERM.
 */
import { pino } from 'pino';
import { startEngine } from './start-engine.ts';

const [dataDir = '', port = '0', memoryBytes = '600000000'] = process.argv.slice(2);
try {
  const engine = await startEngine({
    dataDir,
    port: Number(port),
    memoryLimitBytes: Number(memoryBytes),
    log: pino({ level: 'silent' }),
  });
  process.on('SIGTERM', () => {
    engine.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
  process.stdout.write(`${JSON.stringify({ url: engine.url })}\n`);
} catch (error) {
  const { code, message } = error as Error & { code?: string };
  process.stdout.write(`${JSON.stringify({ code, message })}\n`);
  process.exitCode = 1;
}
