import { createHash } from 'node:crypto';

/** What tells the sessions of one address apart. */
interface SessionNames {
  readonly tls_stack: string;
  readonly host: string;
  readonly model_name: string;
}

/** A short name for one session of an address in the URL (`/ip/198.18.0.1?session=4b1f02c9aa31`). */
export function sessionId({ tls_stack, host, model_name }: SessionNames): string {
  return createHash('sha256')
    .update(JSON.stringify([tls_stack, host, model_name]))
    .digest('hex')
    .slice(0, 12);
}
