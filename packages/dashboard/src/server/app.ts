import { fastifyStatic } from '@fastify/static';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { openApiRoute } from './api/openapi.ts';
import { apiRoutes } from './api/routes.ts';
import { hostAllowed } from './host-guard.ts';
import type { DashboardOptions, DashboardService } from './options.ts';
import { problemPage } from './pages/problem-page.ts';
import { pageRoutes } from './pages/routes.ts';
import { frame } from './parts/frame.ts';
import { badParameter, notFound, type Problem, problemOf } from './problem.ts';
import { type Context, contextOf } from './request/context.ts';
import { withShortNames } from './request/field-names.ts';
import type { RawQuery } from './request/parameters.ts';
import { type ApiRoute, isProblem, type PageRoute } from './routes.ts';
import { protect } from './security-headers.ts';
import { StorePulse } from './store-pulse.ts';

export interface App {
  readonly app: FastifyInstance;
  readonly counters: DashboardService['counters'];
  /** Whether the last query was answered. */
  readonly storeState: DashboardService['ready'];
}

const browserFolder = new URL('../browser/', import.meta.url).pathname;
const liveSeconds = 10;
const retrySeconds = 5;
/** Browsers keep a few connections each; descriptors for the store's answers must remain. */
const mostConnections = 500;

/** The whole application, not yet listening. */
export async function buildApp(options: DashboardOptions): Promise<App> {
  const now = options.now ?? Date.now;
  const counts = {
    requests: 0,
    pages: 0,
    api: 0,
    refused_host: 0,
    bad_parameters: 0,
    not_found: 0,
    failures: 0,
  };
  let storeProblem: Problem | undefined;
  const pulse = new StorePulse();

  const log: FastifyBaseLogger = options.log;
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: false,
    bodyLimit: 1024,
    routerOptions: { maxParamLength: 400, ignoreTrailingSlash: true },
    // An address that cannot be decoded comes before all hooks: always JSON, which needs no policy.
    frameworkErrors: (_error, _request, reply) => {
      const { status, ...error } = malformed;
      reply.hijack();
      reply.raw.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    },
    // A browser that is slow to send its few headers holds nothing here, and is not kept longer than that.
    requestTimeout: 10_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 },
  });
  app.server.maxConnections = mostConnections;
  await protect(app);
  await app.register(fastifyStatic, {
    root: browserFolder,
    prefix: '/static/',
    index: false,
    dotfiles: 'deny',
    cacheControl: false,
    // The address of a file changes with its content (parts/assets.ts).
    setHeaders: (reply) => reply.header('cache-control', 'public, max-age=31536000, immutable'),
  });

  app.addHook('onRequest', async (request, reply) => {
    counts.requests += 1;
    if (!hostAllowed(request.headers.host, options.allowedHosts ?? [])) {
      counts.refused_host += 1;
      return sendProblem(request, reply, hostProblem);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      reply.header('allow', 'GET, HEAD');
      return sendProblem(request, reply, methodProblem);
    }
    return undefined;
  });

  /** The context of a request; undefined once a problem has been sent instead. */
  async function prepare(route: PageRoute | ApiRoute, request: FastifyRequest, reply: FastifyReply) {
    const stopped = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) stopped.abort();
    });
    const result = contextOf(
      {
        datasets: options.datasets,
        path: request.url.split('?', 1)[0] ?? '/',
        query: withShortNames(request.query as RawQuery),
        nowMs: now(),
        signal: stopped.signal,
      },
      route.shape,
    );
    if (result.ok) return { ...result.value, values: request.params as Record<string, string>, stopped };
    counts.bad_parameters += 1;
    await sendProblem(request, reply, badParameter(result.reason, result.parameter));
    return undefined;
  }

  /** Runs what answers a request; a failed query becomes a problem that says what to do. */
  async function attempt<T>(
    { dataset: { store } }: Context,
    work: () => Promise<T> | T,
    stopped: AbortController,
  ): Promise<T | Problem | undefined> {
    const known = await pulse.problem(store);
    if (known !== undefined) {
      counts.failures += 1;
      return known;
    }
    try {
      const result = await work();
      storeProblem = undefined;
      return result;
    } catch (error) {
      // Nobody waits any more: the browser went away and the query was stopped with it.
      if (stopped.signal.aborted) return undefined;
      const problem = problemOf(error);
      pulse.ended(store, problem);
      if (problem.status === 503) storeProblem = problem;
      else options.log.error({ err: error }, 'a page could not be made');
      counts.failures += 1;
      return problem;
    }
  }

  function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem, context?: Context) {
    reply.code(problem.status);
    if (problem.status === 503) reply.header('retry-after', String(retrySeconds));
    if (request.url.startsWith('/api')) {
      const { status: _status, ...error } = problem;
      return reply.send({ error });
    }
    if (problem.status === 503) reply.header('refresh', String(retrySeconds));
    return reply.type('text/html; charset=utf-8').send(String(problemPage(problem, context)));
  }

  for (const route of pageRoutes) {
    app.get(route.path, async (request, reply) => {
      counts.pages += 1;
      const ready = await prepare(route, request, reply);
      if (!ready) return reply;
      const result = await attempt(
        ready.context,
        () => route.render(ready.context, ready.parameters, ready.values),
        ready.stopped,
      );
      if (result === undefined) return reply.hijack();
      if (isProblem(result)) return sendProblem(request, reply, result, ready.context);
      if ('redirect' in result) return reply.redirect(result.redirect, 302);
      if (ready.context.live) reply.header('refresh', String(liveSeconds));
      return reply.type('text/html; charset=utf-8').send(String(frame(ready.context, result)));
    });
  }

  for (const route of [...apiRoutes, openApiRoute]) {
    app.get(`/api${route.path}`, async (request, reply) => {
      counts.api += 1;
      const ready = await prepare(route, request, reply);
      if (!ready) return reply;
      const result = await attempt(
        ready.context,
        () => route.answer(ready.context, ready.parameters, ready.values),
        ready.stopped,
      );
      if (result === undefined) return reply.hijack();
      return isProblem(result) ? sendProblem(request, reply, result) : reply.send(result);
    });
  }

  app.get('/health', () => ({ status: 'ok' }));

  app.setNotFoundHandler((request, reply) => {
    counts.not_found += 1;
    return sendProblem(request, reply, notFound('There is no page at this address.'));
  });
  app.setErrorHandler((error, request, reply) => {
    counts.failures += 1;
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    if (status < 500) return sendProblem(request, reply, malformed);
    options.log.error({ err: error }, 'a request could not be answered');
    return sendProblem(request, reply, problemOf(error));
  });

  return {
    app,
    counters: () => ({ ...counts }),
    storeState: () => (storeProblem ? { ok: false, why: storeProblem.message } : { ok: true }),
  };
}

const hostProblem: Problem = {
  status: 403,
  code: 'host-not-allowed',
  message: 'This name is not one of the dashboard’s.',
  advice:
    'Use http://127.0.0.1 or http://localhost with the dashboard’s port, or add the name to the configuration.',
};

const methodProblem: Problem = {
  status: 405,
  code: 'method-not-allowed',
  message: 'The dashboard only answers GET and HEAD.',
  advice: 'Nothing can be changed through it yet.',
};

const malformed: Problem = {
  status: 400,
  code: 'malformed-request',
  message: 'This request cannot be read.',
  advice: 'Check the address for stray percent signs or characters.',
};
