/** A receiver that is missing, full, replaced or out of reach: Apache answers, every loss is counted, all heals by itself. */
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { Apache, apacheNeeds } from '../setup/apache.ts';
import { type EventFields, EventReceiver, receiverNeeds } from '../setup/event-receiver.ts';
import { itNeeds } from '../setup/needs.ts';
import { exchange, request, statusCodes } from '../setup/raw-http.ts';

const needs = [...apacheNeeds, ...receiverNeeds];
const it = itNeeds(...needs);
const canRun = needs.every((need) => need.present());

const headers = ['Host: localhost', 'User-Agent: a client whose requests make events of a usual length'];
let folder: string;
let socket: string;
let apache: Apache;
let receivers: EventReceiver[];
/** Requests so far, and so the number of the next event. */
let asked = 0;

beforeEach(async () => {
  if (!canRun) return;
  folder = Apache.newFolder();
  socket = join(folder, 'http.socket');
  receivers = [];
  asked = 0;
  apache = await Apache.start(folder, {
    // One child, and room for those that a restart leaves to finish.
    pool: 'ServerLimit 4\nStartServers 1\nThreadsPerChild 16\nMaxRequestWorkers 64\nMinSpareThreads 1',
    configuration: `JsonSockLogEnabled On
JsonSockLogSocket ${socket}
JsonSockLogHeaders User-Agent
JsonSockLogReconnectInterval 1
JsonSockLogErrorReportInterval 1`,
  });
});
afterEach(async () => {
  await apache?.stop();
  for (const receiver of receivers ?? []) await receiver.stop();
});

async function open(options: { queue?: number; mode?: number } = {}): Promise<EventReceiver> {
  const receiver = await EventReceiver.open(socket, options);
  receivers.push(receiver);
  return receiver;
}

/** So many requests, pipelined on one connection; all must be answered with 200. */
async function ask(count: number): Promise<void> {
  const one = request('/small.txt', headers);
  const last = request('/small.txt', [...headers, 'Connection: close']);
  asked += count;
  const answer = await exchange(apache.plainPort, [one.repeat(count - 1) + last]);
  expect(statusCodes(answer)).toEqual(Array(count).fill(200));
}

/** Asks until an event comes in: the first one. */
async function askUntilReceived(receiver: EventReceiver): Promise<EventFields> {
  const before = receiver.texts.length;
  for (let tries = 0; receiver.texts.length === before; tries++) {
    if (tries > 100) throw new Error(`no event came in; the error log says: ${apache.errorLog()}`);
    await ask(1);
    await receiver.count(before + 1, 100);
  }
  // Until the newest is there, so that nothing is on its way.
  for (let waited = 0; Number(receiver.events.at(-1)?.seq) < asked - 1 && waited < 500; waited++)
    await pause(10);
  return receiver.events[before] ?? {};
}

/** The lines about lost events, and how many they speak of together. */
function reported(): { lines: number; events: number } {
  const counts = [...apache.errorLog().matchAll(/mod_reqin_log: (\d+) events (?:were )?not delivered/g)];
  return { lines: counts.length, events: counts.reduce((sum, match) => sum + Number(match[1]), 0) };
}

/** Every number up to the newest was received once or is counted as dropped. */
function expectAllAccountedFor(): void {
  const events = receivers.flatMap((receiver) => receiver.events);
  const numbers = events.map((event) => Number(event.seq));
  expect(new Set(numbers).size).toBe(numbers.length);
  const newest = Math.max(...numbers);
  const dropped = Math.max(...events.map((event) => Number(event.dropped_total)));
  expect(newest + 1 - numbers.length).toBe(dropped);
}

describe('a receiver', () => {
  it('that is missing at first is found when it comes, and told how many events it missed', async () => {
    await ask(25);
    const receiver = await open();
    const first = await askUntilReceived(receiver);
    expect(Number(first.dropped_total)).toBeGreaterThanOrEqual(25);
    expect(first.dropped_total).toBe(first.seq);
    expectAllAccountedFor();
    expect(reported().lines).toBeGreaterThanOrEqual(1);
    expect(apache.errorLog()).toMatch(/no receiver/);
  });

  it('that crashes and comes back is found again', async () => {
    const first = await open();
    await askUntilReceived(first);
    await first.crash();
    await ask(25);
    receivers.push(await EventReceiver.open(socket));
    await askUntilReceived(receivers.at(-1) ?? first);
    expectAllAccountedFor();
  });

  it('behind whose back its file was replaced gives way to the new one', async () => {
    const first = await open();
    await askUntilReceived(first);
    renameSync(socket, `${socket}.old`);
    const second = await open();
    await askUntilReceived(second);
    const before = first.texts.length;
    await ask(5);
    await second.count(6);
    expect(first.texts.length).toBe(before);
    expectAllAccountedFor();
  });

  it('that may not be reached is named in the log, and found when it may', async () => {
    const receiver = await open({ mode: 0o600 });
    await ask(10);
    await pause(1100);
    await ask(1);
    expect(receiver.texts.length).toBe(0);
    expect(apache.errorLog()).toMatch(/Permission denied.*mod_reqin_log/);
    chmodSync(socket, 0o666);
    await askUntilReceived(receiver);
    expectAllAccountedFor();
  });

  it('is looked for as long as a plain file is in its place', async () => {
    writeFileSync(socket, 'not a socket');
    await ask(10);
    rmSync(socket);
    const receiver = await open();
    const first = await askUntilReceived(receiver);
    expect(Number(first.dropped_total)).toBeGreaterThanOrEqual(10);
    expectAllAccountedFor();
  });

  it('that does not read loses what finds no room, counted, and goes on when it reads', async () => {
    const receiver = await open({ queue: 10 });
    await askUntilReceived(receiver);
    receiver.sleep();
    for (let i = 0; i < 6; i++) await ask(1000);
    receiver.wake();
    await askUntilReceived(receiver);
    // What waited in the server comes with later requests.
    for (let before = 0; before + 1 < receiver.texts.length; ) {
      before = receiver.texts.length;
      await ask(1);
      await pause(100);
    }
    expectAllAccountedFor();
    const dropped = Number(receiver.events.at(-1)?.dropped_total);
    expect(dropped).toBeGreaterThan(0);
    expect(dropped).toBeLessThan(6000);
    await pause(1100);
    await ask(1);
    expect(apache.errorLog()).toMatch(/queue is full/);
  });
});

describe('the error log', () => {
  it('has at most one line per interval about lost events, which speaks of all of them', async () => {
    const from = performance.now();
    for (let i = 0; i < 12; i++) {
      await ask(20);
      await pause(200);
    }
    const seconds = (performance.now() - from) / 1000;
    const { lines, events } = reported();
    expect(lines).toBeGreaterThanOrEqual(2);
    expect(lines).toBeLessThanOrEqual(Math.floor(seconds) + 2);
    expect(events).toBeGreaterThan(100);
    expect(events).toBeLessThanOrEqual(240);
  });
});

describe('a graceful restart under load', () => {
  it('loses no event that is not counted, and goes on counting', async () => {
    const receiver = await open();
    await askUntilReceived(receiver);
    const before = receiver.texts.length;
    let answered = 0;
    let running = true;
    const client = async () => {
      while (running) {
        const parts = [request('/small.txt', headers), request('/', [...headers, 'Connection: close'])];
        const answer = await exchange(apache.plainPort, parts);
        answered += statusCodes(answer).length;
      }
    };
    const clients = Array.from({ length: 6 }, client);
    for (let i = 0; i < 3; i++) {
      await pause(500);
      apache.graceful();
    }
    await pause(800);
    running = false;
    await Promise.all(clients);
    await receiver.count(before + answered);
    expect(apache.runs).toBe(true);
    expect(receiver.texts.length).toBe(before + answered);
    expectAllAccountedFor();
    const ids = new Set(
      receiver.events.map((event) => String(event.conn_id).split('-').slice(0, 2).join('-')),
    );
    expect(ids.size).toBeGreaterThanOrEqual(3);
  });
});
