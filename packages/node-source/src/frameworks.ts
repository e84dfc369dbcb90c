import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { Server, Socket } from 'node:net';
import type { ServerWatch } from './server-watch.ts';

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

/** For Express, Connect and whatever takes the same functions. */
export type Middleware = (request: Request, response: Response, next: () => void) => void;

/** What is needed of a Fastify instance. */
interface Fastify {
  readonly server: Server;
  addHook(
    name: 'onRequest',
    hook: (request: { raw: Request }, reply: { raw: Response }, done: () => void) => void,
  ): unknown;
}

export type FastifyPlugin = (instance: Fastify, options: unknown, done: () => void) => void;

export function expressMiddleware(watch: ServerWatch): Middleware {
  return (request, response, next) => {
    watch.observe(request, response);
    next();
  };
}

/**
 * Attaches to the instance's server. Fastify makes a second one when it listens on `localhost`, for the other
 * address of that name, and shows it to nobody; its first request does.
 */
export function fastifyPlugin(watch: ServerWatch): FastifyPlugin {
  const plugin: FastifyPlugin = (instance, _options, done) => {
    watch.attach(instance.server);
    instance.addHook('onRequest', (request, reply, next) => {
      const { socket } = request.raw;
      if (socket instanceof Socket && 'server' in socket && socket.server instanceof Server)
        watch.attach(socket.server);
      watch.observe(request.raw, reply.raw);
      next();
    });
    done();
  };
  // Fastify's marks for a plugin that is for the whole instance, and its name in messages.
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: '@ja4/node-source',
  });
}
