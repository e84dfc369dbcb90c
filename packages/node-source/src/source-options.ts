import cluster from 'node:cluster';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';
import { type ClientAddress, forwardedBy } from './client-address.ts';
import { defaultHeaders, HeaderSelection } from './header-selection.ts';
import type { FindClientIp } from './request-recorder.ts';

export interface Ja4SourceOptions {
  /** Stream socket of the platform. Default `/run/ja4/http.stream.socket`. */
  readonly socket?: string;
  /**
   * Name of this server in the events; no two processes may have the same. Cluster workers add their number.
   * Default: the host's name and the process id.
   */
  readonly serverId?: string;
  /** Headers whose values are sent, instead of the default ones. Never those of secrets. */
  readonly headers?: readonly string[];
  /** Headers whose values are never sent, beside Cookie, Authorization and the like. */
  readonly denyHeaders?: readonly string[];
  /** Longer values are cut, between characters. Default 256. */
  readonly maxHeaderValueBytes?: number;
  /** So many bytes of events wait while the platform is away; more are dropped and counted. Default 4 MiB. */
  readonly maxBufferBytes?: number;
  /** Proxies (addresses or networks) whose X-Forwarded-For says who the visitor is. */
  readonly trustedProxies?: readonly string[];
  /** Another way to find the visitor's address; its caller's word is taken for it. */
  readonly clientIp?: FindClientIp;
  /** Look at the first bytes of HTTP/2 connections, for the order of SETTINGS. Default true. */
  readonly http2Preface?: boolean;
  /** Takes a line about trouble, at most one a minute. Default: a warning of the process. */
  readonly log?: (message: string) => void;
}

export interface SourceSettings {
  readonly path: string;
  readonly serverId: string;
  readonly selection: HeaderSelection;
  readonly maxHeaderValueBytes: number;
  readonly maxBufferBytes: number;
  readonly forwardedBy: ClientAddress | undefined;
  readonly clientIp: FindClientIp | undefined;
  readonly readsFirstBytes: boolean;
  readonly log: (message: string) => void;
}

/** `sun_path` of Linux, without its end. */
const maxPathBytes = 107;
/** One event fits, with room. */
const leastBuffer = 65_536;

/** Throws an error that says which option is wrong and what it may be. */
export function sourceSettings(options: Ja4SourceOptions): SourceSettings {
  const path = options.socket ?? '/run/ja4/http.stream.socket';
  if (!path.startsWith('/') || Buffer.byteLength(path) > maxPathBytes) {
    throw new Error(`socket: "${path}" is not an absolute path of at most ${maxPathBytes} bytes`);
  }
  if (options.clientIp !== undefined && options.trustedProxies !== undefined) {
    throw new Error('clientIp, trustedProxies: choose one of them');
  }
  return {
    path,
    serverId: senderName(options.serverId),
    selection: new HeaderSelection(options.headers ?? defaultHeaders, options.denyHeaders),
    maxHeaderValueBytes: within('maxHeaderValueBytes', options.maxHeaderValueBytes ?? 256, 1, 16_384),
    maxBufferBytes: within('maxBufferBytes', options.maxBufferBytes ?? 4 << 20, leastBuffer, 1 << 30),
    forwardedBy: options.trustedProxies && forwardedBy(options.trustedProxies),
    clientIp: options.clientIp,
    readsFirstBytes: options.http2Preface ?? true,
    log: options.log ?? ((message) => process.emitWarning(message, { code: 'JA4_SOURCE' })),
  };
}

function within(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name}: ${value} is not a whole number from ${least} to ${most}`);
}

let sources = 0;

/** The receiver follows the numbers of each sender, so no two senders may have one name. */
function senderName(serverId: string | undefined): string {
  const name = serverId === undefined ? `${hostname()}/${process.pid}` : serverId.slice(0, 128);
  const worker = serverId === undefined || cluster.worker === undefined ? '' : `/${cluster.worker.id}`;
  const thread = threadId === 0 ? '' : `.${threadId}`;
  const more = sources++ === 0 ? '' : `#${sources}`;
  return `${name}${worker}${thread}${more}`;
}
