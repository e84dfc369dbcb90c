import { longestQuerySeconds } from '@ja4/store';

/** Why a request cannot be answered: for the page and for the API alike. */
export interface Problem {
  readonly status: 400 | 403 | 404 | 405 | 500 | 503 | 504;
  /** Stable word for programs. */
  readonly code: string;
  /** One line: what is wrong. */
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
  /** The parameter that is wrong, when one is. */
  readonly parameter?: string;
}

const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
]);
const clickHouse = {
  unknownTable: '60',
  unknownDatabase: '81',
  timeout: '159',
  auth: '516',
  wrongPassword: '193',
};

/** What a failed query means to the person who waits for the page. */
export function problemOf(error: unknown): Problem {
  const code = codeOf(error);
  if (code === clickHouse.unknownTable || code === clickHouse.unknownDatabase) {
    return {
      status: 503,
      code: 'store-not-ready',
      message: 'The store runs, but its tables are not there yet.',
      advice: 'They are made when the platform starts (ja4 up) or by hand with: ja4 db migrate',
    };
  }
  if (code === clickHouse.timeout) {
    return {
      status: 504,
      code: 'query-too-slow',
      message: `The query took longer than ${longestQuerySeconds} seconds and was stopped.`,
      advice: 'Choose a shorter time range or add a filter.',
    };
  }
  if (code === clickHouse.auth || code === clickHouse.wrongPassword) {
    return {
      status: 503,
      code: 'store-refuses',
      message: 'The store refuses the dashboard’s user or password.',
      advice: 'Check store.url and its credentials with: ja4 config check',
    };
  }
  if (code !== undefined && (unreachable.has(code) || code === 'timeout')) {
    return {
      status: 503,
      code: 'store-unreachable',
      message: 'The store does not answer right now.',
      advice:
        'Under “ja4 up” it is started again by itself; otherwise start it with: ja4 store. This page looks again every few seconds.',
    };
  }
  return {
    status: 500,
    code: 'internal',
    message: 'Something went wrong inside the dashboard.',
    advice: 'The log of the dashboard says what; the rest of the platform is not affected.',
  };
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  // The client gives its own timeout no code.
  if (/^Timeout error/.test(error.message)) return 'timeout';
  return error.cause === undefined ? undefined : codeOf(error.cause);
}

export function badParameter(reason: string, parameter: string): Problem {
  return {
    status: 400,
    code: 'bad-parameter',
    message: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`,
    advice: 'Correct the address, or begin again without the parameter.',
    parameter,
  };
}

export function notFound(what: string): Problem {
  return { status: 404, code: 'not-found', message: what, advice: 'The overview is a good place to begin.' };
}
