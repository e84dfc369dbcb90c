import { setTimeout as sleep } from 'node:timers/promises';
import type { NotifySocket } from './notify-socket.ts';
import type { State } from './service.ts';

/** What systemd is told (sd_notify(3)); nothing where it did not start this process. */
export interface ServiceManager {
  /** The start, or a reload, is done. */
  ready(status: string): Promise<void>;
  /** One line for `systemctl status`. */
  status(text: string): void;
  /** A reload begins; `ready` ends it. */
  reloading(): Promise<void>;
  stopping(): Promise<void>;
  /** Feeds the watchdog (WatchdogSec=) as long as `alive` says so, until `stopping`. */
  watch(alive: () => State): void;
}

/** Variables by which systemd talks to one process; its children are not meant. */
export const serviceManagerVariables = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'] as const;

const fullRetryMs = 20;
const fullRetries = 250;
/** How soon a service that was not alive is looked at again. */
const lookAgainMs = 250;

const silent: ServiceManager = {
  ready: async () => {},
  status: () => {},
  reloading: async () => {},
  stopping: async () => {},
  watch: () => {},
};

/** The manager that `NOTIFY_SOCKET` names. The code for it is loaded only then. */
export async function serviceManager(environment: NodeJS.ProcessEnv = process.env): Promise<ServiceManager> {
  const address = environment.NOTIFY_SOCKET;
  if (address === undefined || address === '') return silent;
  const { openNotifySocket } = await import('./notify-socket.ts');
  const socket = openNotifySocket(address);
  return socket === undefined ? silent : speaking(socket, watchdogMs(environment));
}

/** Longest time between two signs of life; undefined when none are expected of this process. */
function watchdogMs(environment: NodeJS.ProcessEnv): number | undefined {
  const microseconds = Number(environment.WATCHDOG_USEC);
  const pid = environment.WATCHDOG_PID;
  const meant = pid === undefined || pid === '' || Number(pid) === process.pid;
  return meant && Number.isFinite(microseconds) && microseconds > 0 ? microseconds / 1000 : undefined;
}

function speaking(socket: NotifySocket, watchdog: number | undefined): ServiceManager {
  let lastStatus = '';
  let beat: NodeJS.Timeout | undefined;
  let stops = false;

  /** What must arrive is tried again while the manager's queue is full. */
  const say = async (text: string) => {
    for (let attempt = 0; socket.send(text) === 'full' && attempt < fullRetries; attempt++) {
      await sleep(fullRetryMs);
    }
  };
  const line = (text: string) => text.replace(/\s+/g, ' ');

  return {
    ready: async (status) => {
      // A reload that was under way.
      if (stops) return;
      lastStatus = status;
      await say(`READY=1\nSTATUS=${line(status)}`);
    },
    status: (text) => {
      if (text === lastStatus) return;
      if (socket.send(`STATUS=${line(text)}`) === 'sent') lastStatus = text;
    },
    // Type=notify-reload demands the time, of CLOCK_MONOTONIC, which is what hrtime reads.
    reloading: () => say(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: async () => {
      stops = true;
      clearTimeout(beat);
      await say('STOPPING=1\nSTATUS=stopping');
    },
    watch: (alive) => {
      if (watchdog === undefined) return;
      const next = () => {
        const fed = alive().ok && socket.send('WATCHDOG=1') === 'sent';
        beat = setTimeout(next, fed ? watchdog / 2 : Math.min(watchdog / 8, lookAgainMs)).unref();
      };
      next();
    },
  };
}
