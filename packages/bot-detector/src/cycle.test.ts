import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connectStore,
  type EngineService,
  type HttpLogRow,
  insertHttpLogs,
  loadReferenceData,
  migrate,
  readStorePassword,
  type Store,
  startEngine,
} from '@ja4/store';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { personRequests, scannerRequests } from '../test/requests.ts';
import { type CycleReport, runCycle } from './cycle.ts';
import { emptyMemory } from './cycle-input.ts';
import { evaluate } from './evaluation/evaluate.ts';
import { seededRandom } from './random.ts';

const people = 160;
const scanners = 6;

describe('a detection cycle', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ja4-cycle-'));
  const random = seededRandom(9);
  const now = new Date();
  const whole = { from: new Date(now.getTime() - 7_200_000), to: now };
  let engine: EngineService;
  let store: Store;
  let report: CycleReport;

  const select = async <Row>(query: string): Promise<Row[]> => {
    const result = await store.client.query({ query, format: 'JSONEachRow' });
    return result.json<Row>();
  };

  beforeAll(async () => {
    engine = await startEngine({ dataDir: dir, port: 0, log: pino({ level: 'silent' }) });
    store = connectStore({ url: engine.url, password: readStorePassword(dir) });
    await migrate(store);
    await loadReferenceData(store);
    const rows: HttpLogRow[] = [];
    const start = now.getTime() - 3_000_000;
    for (let i = 0; i < people; i++) rows.push(...personRequests(random, i, start + random() * 2_000_000));
    for (let i = 0; i < scanners; i++) rows.push(...scannerRequests(random, i, start + random() * 2_000_000));
    // The same scanner in a declared robot's network.
    rows.push(
      ...scannerRequests(random, 99, start).map((row) => ({
        ...row,
        src_ip: '198.19.48.7',
        peer_ip: '198.19.48.7',
      })),
    );
    await insertHttpLogs(store, rows);
    report = await runCycle(store, { now, ...whole, modelDir: join(dir, 'models'), train: 'always' });
  });
  afterAll(async () => {
    await store?.close();
    await engine?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('says which mode it worked in and what it learned from', () => {
    const complet = report.models.find(({ model }) => model === 'Complet');
    expect(complet).toMatchObject({ mode: 'trimmed', provisional: false, sessions: people + scanners + 1 });
    expect(complet?.baseline).toBe(people);
    expect(complet?.excluded).toEqual({ incoherent: scanners, known_bot: 1 });
    expect(report.models.find(({ model }) => model === 'Applicatif')).toMatchObject({
      mode: 'learning',
      sessions: 0,
    });
  });

  it('finds the scanners and leaves the people alone', async () => {
    const levels = await select<{ kind: string; threat_level: string; n: string }>(
      `SELECT if(asn_label = 'isp', 'people', asn_org) AS kind, threat_level, count() AS n
       FROM ja4_processing.ml_all_scores FINAL GROUP BY kind, threat_level`,
    );
    const at = (kind: string, ...names: string[]) =>
      levels
        .filter((row) => row.kind === kind && names.includes(row.threat_level))
        .reduce((sum, row) => sum + Number(row.n), 0);
    expect(at('Testbed Hosting', 'HIGH', 'CRITICAL')).toBe(scanners);
    expect(at('Testbed Crawler Co', 'KNOWN_BOT')).toBe(1);
    expect(at('people', 'LEGITIMATE_BROWSER')).toBeGreaterThan(people / 2);
    expect(at('people', 'HIGH', 'CRITICAL')).toBeLessThanOrEqual(2);
    expect(Object.values(report.levels).reduce((a, b) => a + b, 0)).toBe(people + scanners + 1);
  });

  it('writes detections with reasons that add up and name features that deviate', async () => {
    const [row] = await select<{
      anomaly_score: number;
      reason: string;
      reasons: {
        feature: string;
        value: number;
        baseline_low: number;
        baseline_high: number;
        contribution: number;
      }[];
    }>(
      `SELECT anomaly_score, reason, reasons FROM ja4_processing.ml_detected_anomalies FINAL
       WHERE asn_org = 'Testbed Hosting' ORDER BY src_ip LIMIT 1`,
    );
    const sum = row?.reasons.reduce((total, reason) => total + reason.contribution, 0);
    expect(sum).toBeCloseTo(row?.anomaly_score ?? Number.NaN, 4);
    expect(row?.reason).toMatch(/^\w+=[\d.]+ \(\+0\.\d{3}\)( \| \w+=[\d.e-]+ \(\+0\.\d{3}\))*$/);
    const outside = row?.reasons.filter(
      ({ value, baseline_low, baseline_high }) => value < baseline_low || value > baseline_high,
    );
    expect(outside?.length).toBeGreaterThan((row?.reasons.length ?? 99) / 2);
  });

  it('keeps what it left out of the baseline for people to read, and a row of metrics per model', async () => {
    const excluded = await select<{ reason: string; n: string }>(
      'SELECT reason, count() AS n FROM ja4_processing.ml_excluded_sessions FINAL GROUP BY reason ORDER BY reason',
    );
    expect(excluded).toEqual([
      { reason: 'incoherent', n: String(scanners) },
      { reason: 'known_bot', n: '1' },
    ]);
    const metrics = await select<{ model_name: string; mode: string; n_sessions: number }>(
      'SELECT model_name, mode, n_sessions FROM ja4_processing.ml_performance_metrics ORDER BY model_name',
    );
    expect(metrics).toEqual([
      { model_name: 'Applicatif', mode: 'learning', n_sessions: 0 },
      { model_name: 'Complet', mode: 'trimmed', n_sessions: people + scanners + 1 },
    ]);
  });

  it('gives the same verdicts when repeated, with the model it kept', async () => {
    const scores = () =>
      select(
        `SELECT src_ip, tls_stack, anomaly_score, threat_level FROM ja4_processing.ml_all_scores FINAL
         ORDER BY src_ip, tls_stack`,
      );
    const first = await scores();
    const again = await runCycle(store, {
      now: new Date(),
      ...whole,
      modelDir: join(dir, 'models'),
      train: 'never',
    });
    expect(again.models.find(({ model }) => model === 'Complet')).toMatchObject({
      trained: false,
      version: report.models.find(({ model }) => model === 'Complet')?.version,
    });
    expect(await scores()).toEqual(first);
  });

  it('writes only the sessions that changed since its last pass, when asked', async () => {
    const known = { ...whole, modelDir: join(dir, 'models'), memory: emptyMemory() };
    const options = { ...known, train: 'never', onlyChanged: true } as const;
    const first = await runCycle(store, { now: new Date(), ...options });
    expect(first.written.scores).toBe(people + scanners + 1);
    const nothing = await runCycle(store, { now: new Date(), ...options });
    expect(nothing.sessions).toBe(people + scanners + 1);
    expect(nothing.written).toEqual({ scores: 0, detections: 0, excluded: 0, metrics: 0 });
  });

  it('is evaluated against labels of another day by the shift between the two', async () => {
    const dayMs = 86_400_000;
    const at = (ms: number) => new Date(ms).toISOString();
    const visitors = await select<{ ip: string; hosting: number; port: number; first: string }>(
      `SELECT replaceRegexpOne(toString(src_ip), '^::ffff:', '') AS ip, asn_label = 'hosting' AS hosting,
         src_port AS port, toUnixTimestamp64Milli(min(time)) AS first
       FROM ja4_logs.http_logs GROUP BY ip, hosting, port`,
    );
    const csv = visitors.map(({ ip, hosting, port, first }) => {
      const label = ip.startsWith('198.19.48.')
        ? 'robot,crawler'
        : hosting
          ? 'bot,scanner'
          : 'person,browser';
      return `${ip},${port},${at(Number(first) - dayMs)},${at(Number(first) - dayMs + 600_000)},${label}`;
    });
    const result = await evaluate(store, ['src_ip,src_port,t_from,t_to,label,client', ...csv].join('\n'));
    expect(result.shiftMs).toBe(dayMs);
    expect(result.sessions).toEqual({ person: people, bot: scanners, robot: 1, mixed: 0, unlabelled: 0 });
    expect(result.rulesOff.auc.value).toBeGreaterThan(0.99);
    expect(result.rulesOn.botsDetected).toBe(1);
    expect(result.modes).toEqual({ trimmed: people + scanners + 1 });
  });

  it('learns from the day before too, in windows as long as a session, and reads a closed window once', async () => {
    const rows: HttpLogRow[] = [];
    const window = Math.floor((now.getTime() - 36_000_000) / 7_200_000) * 7_200_000;
    for (let i = 0; i < 40; i++) rows.push(...personRequests(random, 200 + i, window + random() * 600_000));
    await insertHttpLogs(store, rows);
    const memory = emptyMemory();
    const live = await runCycle(store, { now: new Date(), train: 'auto', memory });
    expect(live.models.find(({ model }) => model === 'Complet')?.baseline).toBe(people + 40);
    expect(live.sessions).toBe(people + scanners + 1);
    const kept = [...memory.pastWindows.values()];
    expect(kept.flat()).toHaveLength(40);
    await runCycle(store, { now: new Date(), train: 'auto', memory });
    expect([...memory.pastWindows.values()]).toEqual(kept);
    expect([...memory.pastWindows.values()].every((sessions, i) => sessions === kept[i])).toBe(true);
  });
});
