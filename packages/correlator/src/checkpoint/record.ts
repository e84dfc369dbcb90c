import type { NetworkEvent } from '../event/network-event.ts';
import { parseNetworkEvent } from '../event/network-event.ts';
import type { ClockSkew } from '../join/clock-skew.ts';
import type { FirstRequest, Handshake } from '../join/handshake.ts';
import type { SenderState } from '../sender/sequence.ts';
import type { Moment } from './moment.ts';

/*
 * A frame's text is one record a line. Its first letter says what it is:
 *
 *   t  when the frame was made: first in every frame, ages count from here
 *   h  a handshake's use, a tab, and its event as a sensor would send it
 *   u  the use of a handshake whose event was written before
 *   s  a sender's counters
 *   k  how far the clocks of a server and a sensor are apart
 *   c  totals by name
 *   e  the end of a snapshot: without it the snapshot is not whole
 */

/** What is known about the use of a handshake. */
export interface Use {
  readonly id: number;
  /** Since it arrived or was last used, when the frame was made. */
  readonly ageMs: number;
  readonly lastUseNs: number;
  readonly uses: number;
  readonly alone: boolean;
  readonly timeIsArrival: boolean;
  readonly firstRequest: FirstRequest | undefined;
}

export type CheckpointRecord =
  | { readonly kind: 'time'; readonly moment: Moment }
  | { readonly kind: 'handshake'; readonly use: Use; readonly event: NetworkEvent }
  | { readonly kind: 'use'; readonly use: Use }
  | { readonly kind: 'sender'; readonly state: SenderState }
  | { readonly kind: 'skew'; readonly skew: ClockSkew }
  | { readonly kind: 'totals'; readonly totals: Readonly<Record<string, number>> }
  | { readonly kind: 'end'; readonly clean: boolean };

export const timeLine = ({ wallMs, uptimeMs, boot }: Moment): string =>
  `t${JSON.stringify([wallMs, uptimeMs, boot])}`;
export const totalsLine = (totals: Readonly<Record<string, number>>): string => `c${JSON.stringify(totals)}`;
export const endLine = (clean: boolean): string => `e${clean ? 1 : 0}`;
export const skewLine = ({ sensor, server, skewNs }: ClockSkew): string =>
  `k${JSON.stringify([sensor, server, skewNs])}`;

export const senderLine = (state: SenderState): string =>
  `s${JSON.stringify([
    state.name,
    state.highest,
    state.dropped,
    state.droppedBefore,
    state.idleMs,
    state.gaps.map(({ from, to, ageMs }) => [from, to, ageMs]),
  ])}`;

/** What a use's flags say: the handshake got a row of its own; its time is that of its arrival. */
const isAlone = 1;
const isArrival = 2;

function useText(handshake: Handshake, nowMs: number): string {
  const { id, lastUseNs, uses, alone, firstRequest: first, event } = handshake;
  const flags = (alone ? isAlone : 0) | (event.time_is_arrival === true ? isArrival : 0);
  const ageMs = Math.round(nowMs - handshake.touchedMs);
  const request =
    first === undefined ? [] : [first.server_id, first.conn_id, first.dst_ip ?? null, first.dst_port ?? null];
  return JSON.stringify([id, ageMs, lastUseNs, uses, flags, ...request]);
}

export const useLine = (handshake: Handshake, nowMs: number): string => `u${useText(handshake, nowMs)}`;

/** JSON has no tab of its own, so a tab can stand between its two parts. */
export const handshakeLine = (handshake: Handshake, nowMs: number): string =>
  `h${useText(handshake, nowMs)}\t${JSON.stringify(handshake.event)}`;

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isText = (value: unknown): value is string => typeof value === 'string';

function readFirstRequest(rest: readonly unknown[]): FirstRequest | undefined {
  const [server_id, conn_id, dst_ip, dst_port] = rest;
  if (!isText(server_id) || !isText(conn_id)) return undefined;
  return {
    server_id,
    conn_id,
    dst_ip: isText(dst_ip) ? dst_ip : undefined,
    dst_port: isNumber(dst_port) ? dst_port : undefined,
  };
}

function readUse(text: string): Use | undefined {
  const list = readList(text);
  if (list === undefined) return undefined;
  const [id, ageMs, lastUseNs, uses, flags, ...rest] = list;
  if (!isNumber(id) || !isNumber(ageMs) || !isNumber(lastUseNs) || !isNumber(uses)) return undefined;
  if (!isNumber(flags)) return undefined;
  const alone = (flags & isAlone) !== 0;
  const timeIsArrival = (flags & isArrival) !== 0;
  return { id, ageMs, lastUseNs, uses, alone, timeIsArrival, firstRequest: readFirstRequest(rest) };
}

function readHandshake(text: string): CheckpointRecord | undefined {
  const tab = text.indexOf('\t');
  const use = tab === -1 ? undefined : readUse(text.slice(0, tab));
  const event = tab === -1 ? undefined : parseNetworkEvent(text.slice(tab + 1));
  if (use === undefined || event?.ok !== true) return undefined;
  return { kind: 'handshake', use, event: { ...event.value, time_is_arrival: use.timeIsArrival } };
}

function readSender(text: string): CheckpointRecord | undefined {
  const list = readList(text);
  if (list === undefined) return undefined;
  const [name, highest, dropped, droppedBefore, idleMs, gapLists] = list;
  if (!isText(name) || !isNumber(highest) || !isNumber(dropped) || !isNumber(droppedBefore)) return undefined;
  if (!isNumber(idleMs) || !Array.isArray(gapLists)) return undefined;
  const gaps: SenderState['gaps'][number][] = [];
  for (const gap of gapLists as unknown[]) {
    const [from, to, ageMs] = Array.isArray(gap) ? (gap as unknown[]) : [];
    if (!isNumber(from) || !isNumber(to) || !isNumber(ageMs)) return undefined;
    gaps.push({ from, to, ageMs });
  }
  return { kind: 'sender', state: { name, highest, dropped, droppedBefore, idleMs, gaps } };
}

function readSkew(text: string): CheckpointRecord | undefined {
  const [sensor, server, skewNs] = readList(text) ?? [];
  if (!isText(sensor) || !isText(server) || !isNumber(skewNs)) return undefined;
  return { kind: 'skew', skew: { sensor, server, skewNs } };
}

function readTime(text: string): CheckpointRecord | undefined {
  const [wallMs, uptimeMs, boot] = readList(text) ?? [];
  if (!isNumber(wallMs) || !isNumber(uptimeMs) || !isText(boot)) return undefined;
  return { kind: 'time', moment: { wallMs, uptimeMs, boot } };
}

function readTotals(text: string): CheckpointRecord | undefined {
  const value = readJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const totals: Record<string, number> = {};
  for (const [name, count] of Object.entries(value)) {
    if (!isNumber(count)) return undefined;
    totals[name] = count;
  }
  return { kind: 'totals', totals };
}

/** One line, or undefined when it is none of ours. Never throws. */
export function readRecord(line: string): CheckpointRecord | undefined {
  const rest = line.slice(1);
  switch (line[0]) {
    case 't':
      return readTime(rest);
    case 'h':
      return readHandshake(rest);
    case 'u': {
      const use = readUse(rest);
      return use === undefined ? undefined : { kind: 'use', use };
    }
    case 's':
      return readSender(rest);
    case 'k':
      return readSkew(rest);
    case 'c':
      return readTotals(rest);
    case 'e':
      return { kind: 'end', clean: rest === '1' };
    default:
      return undefined;
  }
}

function readList(text: string): unknown[] | undefined {
  const value = readJson(text);
  return Array.isArray(value) ? (value as unknown[]) : undefined;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // JSON.parse throws for anything that is not JSON; that is the whole answer.
    return undefined;
  }
}
