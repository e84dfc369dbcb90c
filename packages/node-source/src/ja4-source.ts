import type { Server } from 'node:net';
import { Containment } from './containment.ts';
import { EventSender, type EventSenderCounters } from './event-sender.ts';
import { expressMiddleware, type FastifyPlugin, fastifyPlugin, type Middleware } from './frameworks.ts';
import { RequestRecorder } from './request-recorder.ts';
import { ServerWatch } from './server-watch.ts';
import { type Ja4SourceOptions, sourceSettings } from './source-options.ts';

export interface Ja4SourceCounters extends EventSenderCounters {
  /** Requests without an address of a peer, for example through a UNIX socket: they make no event. */
  readonly without_peer: number;
  /** Events that could not be made. Should be 0. */
  readonly failures: number;
}

/** Tells ja4-platform about the requests of Node servers. */
export interface Ja4Source {
  /**
   * Watches a server of node:http, node:https or node:http2, whatever framework uses it; returns it. To be
   * called before the server listens. Throws for anything else.
   */
  attach<S extends Server>(server: S): S;
  /** Express or Connect: `app.use(source.express())`, before everything else. Sees only what reaches it. */
  express(): Middleware;
  /** Fastify: `app.register(source.fastify)`. */
  readonly fastify: FastifyPlugin;
  counters(): Ja4SourceCounters;
  /** Sends what waits, for a second at most, and watches no more. */
  close(): Promise<void>;
}

/** Throws an `Error` for options that cannot be. Nothing that happens later is ever thrown. */
export function ja4Source(options: Ja4SourceOptions = {}): Ja4Source {
  const settings = sourceSettings(options);
  const sender = new EventSender(settings);
  const containment = new Containment(settings.log);
  const recorder = new RequestRecorder({ ...settings, sender });
  const watch = new ServerWatch({ recorder, containment, readsFirstBytes: settings.readsFirstBytes });
  return {
    attach(server) {
      watch.attach(server);
      return server;
    },
    express: () => expressMiddleware(watch),
    fastify: fastifyPlugin(watch),
    counters: () => ({
      ...sender.counters(),
      without_peer: recorder.withoutPeer,
      failures: containment.failures,
    }),
    async close() {
      watch.isClosed = true;
      await sender.close();
    },
  };
}
