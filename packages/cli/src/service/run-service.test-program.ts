import { pino } from 'pino';
import { runService } from './run-service.ts';
import { ignoreEarlyReload } from './stop-request.ts';

/** A service that does nothing. SIGUSR2: its thread hangs. Prints a line for every reload and at its end. */
ignoreEarlyReload();
let hangs = false;
// A service has sockets or threads that keep it running.
setInterval(() => {}, 1_000);
process.on('SIGUSR2', () => {
  hangs = true;
});
await runService({
  name: 'sentinel',
  service: {
    counters: () => ({}),
    ready: () => (hangs ? { ok: false, why: 'hangs' } : { ok: true }),
    alive: () => ({ ok: !hangs }),
    reload: async () => {
      process.stdout.write('reloaded\n');
    },
    stop: async () => {
      process.stdout.write('stopped\n');
    },
  },
  openStores: () => [],
  healthPort: 0,
  log: pino({ level: 'silent' }),
});
process.exit(0);
