import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HttpLogRow } from '@ja4/store';
import { handshakeLine, readRecord } from '../checkpoint/record.ts';
import { parseHttpEvent } from '../event/dialect.ts';
import { parseNetworkEvent } from '../event/network-event.ts';
import { Join } from './join.ts';
import { defaultJoinOptions, type JoinOptions } from './join-options.ts';

const folder = fileURLToPath(new URL('../../test/join/', import.meta.url));

/** 2026-01-01, the start that all times of a situation count from; nanoseconds. */
const startNs = 1_767_225_600e9;

type Keys = { readonly [key: string]: unknown };
export type SituationEvent = { readonly at: number } & (
  | { readonly http: Keys }
  | { readonly network: Keys }
  | { readonly advance: true }
  | { readonly restart: true }
  | { readonly flush: true }
);

const usualPeer = { src_ip: '198.18.16.5', src_port: 40_000, dst_ip: '198.18.0.10', dst_port: 443 };

const usualRequest = {
  ...usualPeer,
  source: 'apache',
  scheme: 'https',
  method: 'GET',
  host: 'shop.example',
  http_version: 'HTTP/1.1',
  status_code: 200,
  'header_User-Agent': 'Mozilla/5.0',
};

const usualHandshake = {
  ...usualPeer,
  transport: 'tcp',
  has_syn: true,
  ip_meta_ttl: 64,
  ip_meta_df: true,
  tcp_meta_options: 'MSS,SACK,TS,NOP,WS',
  tls_version: '1.3',
  tls_alpn: 'h2',
  tls_alpn_offered: ['h2', 'http/1.1'],
  ja4: 't13d1516h2_8daaf6152771_d8a2da3f94cd',
};

/** A line of the contract, made of usual values and what a situation says. */
function httpText({ began, ...keys }: Keys): string {
  return JSON.stringify({ ...usualRequest, timestamp: startNs + Number(began) * 1e6, ...keys });
}

function networkText({ seen, ...keys }: Keys): string {
  return JSON.stringify({ ...usualHandshake, timestamp: startNs + Number(seen) * 1e6, ...keys });
}

function accepted<T>(result: { ok: true; value: T } | { ok: false; reason: string }): T {
  if (!result.ok) throw new Error(`a situation holds an event that is not taken: ${result.reason}`);
  return result.value;
}

export type EmittedRow = HttpLogRow & { at: number; a_began: number; b_seen: number; time_ms: number };

/** A join, the events it gets and the rows it gives. */
export class Scene {
  readonly rows: EmittedRow[] = [];
  join: Join;
  readonly #options: JoinOptions;
  #at = 0;

  constructor(options: Partial<JoinOptions>) {
    this.#options = { ...defaultJoinOptions, ...options };
    this.join = this.#newJoin();
  }

  feed(events: readonly SituationEvent[]): void {
    for (const event of events) {
      const { at } = event;
      this.#at = at;
      const arrivalNs = startNs + at * 1e6;
      if ('http' in event)
        this.join.http(accepted(parseHttpEvent(httpText(event.http), undefined, arrivalNs)), at);
      else if ('network' in event)
        this.join.network(accepted(parseNetworkEvent(networkText(event.network), arrivalNs)), at);
      else if ('restart' in event) this.#restart(at);
      else if ('flush' in event) this.join.flush();
      else this.join.advance(at);
    }
  }

  #newJoin(): Join {
    const sinceStart = (ns: number) => Math.round((ns - startNs) / 1e3) / 1e3;
    return new Join(this.#options, (row) =>
      this.rows.push({
        ...row,
        at: this.#at,
        a_began: sinceStart(row.a_timestamp),
        b_seen: sinceStart(row.b_timestamp),
        time_ms: sinceStart(row.time * 1000),
      }),
    );
  }

  /** A stop in order and a new start: everything that is kept goes through its written form. */
  #restart(at: number): void {
    this.join.flush();
    const held = this.join.held().map((handshake) => {
      const record = readRecord(handshakeLine(handshake, at));
      if (record?.kind !== 'handshake') throw new Error('a handshake cannot be written and read again');
      const { id, lastUseNs, uses, alone, firstRequest, ageMs } = record.use;
      return { id, event: record.event, lastUseNs, uses, alone, firstRequest, touchedMs: at - ageMs };
    });
    held.sort((a, b) => a.touchedMs - b.touchedMs);
    const skews = this.join.clockSkews();
    this.join = this.#newJoin();
    this.join.restore(held, skews, at);
  }
}

/** Plays events through a new join; gives the rows with the time at which they came out, and the join. */
export function play(events: readonly SituationEvent[], options: Partial<JoinOptions> = {}): Scene {
  const scene = new Scene(options);
  scene.feed(events);
  return scene;
}

export interface Situation {
  readonly name: string;
  readonly events: readonly SituationEvent[];
  readonly rows: readonly Keys[];
  readonly options: Partial<JoinOptions>;
}

export function situations(): Situation[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return entries.map(({ name }) => {
    const lines = (file: string): unknown[] =>
      readFileSync(joinPath(folder, name, file), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    const optionsFile = joinPath(folder, name, 'options.json');
    return {
      name: name.replaceAll('-', ' '),
      events: lines('events.jsonl') as SituationEvent[],
      rows: lines('rows.jsonl') as Keys[],
      options: existsSync(optionsFile)
        ? (JSON.parse(readFileSync(optionsFile, 'utf8')) as Partial<JoinOptions>)
        : {},
    };
  });
}
