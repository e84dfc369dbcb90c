import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, isolation, ja4, Platform } from '../setup/platform.ts';

describe('a store that is stopped in the middle of its work (SIGSTOP)', () => {
  let space: Awaited<ReturnType<typeof isolation>>;
  let platform: Platform;
  let dashboard: string;
  let store: number;

  beforeAll(async () => {
    space = await isolation();
    platform = new Platform([], { ...space.environment, JA4_SERVICES_RUN: 'store,correlator,dashboard' });
    await platform.waitFor(/Ctrl-C/);
    dashboard = `http://127.0.0.1:${space.environment.JA4_DASHBOARD_PORT}`;
    store = platform.pidOf('store');
  });
  afterAll(async () => {
    process.kill(store, 'SIGCONT');
    await platform.stop();
    space.remove();
  });

  const page = async () => {
    const response = await fetch(`${dashboard}/`);
    return { status: response.status, text: await response.text() };
  };

  it('holds up no page for long, and no request is lost', async () => {
    expect((await page()).status).toBe(200);
    process.kill(store, 'SIGSTOP');
    const events = [1, 2, 3].map((seq) => ({
      timestamp: Date.now() * 1_000_000,
      source: 'node',
      server_id: 'web1',
      seq,
      src_ip: '192.0.2.7',
      src_port: 40_000 + seq,
      dst_port: 443,
      method: 'GET',
      host: 'shop.example',
      path: `/${seq}`,
    }));
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    connect(join(space.dataDir, 'run/http.stream.socket')).end(lines);

    const silent = await page();
    expect(silent.status).toBe(503);
    expect(silent.text).toContain('The store does not answer right now.');
    expect((await Promise.all([page(), page()])).map(({ status }) => status)).toEqual([503, 503]);
    expect((await fetch(`${dashboard}/health`)).status).toBe(200);

    process.kill(store, 'SIGCONT');
    await eventually('the page', async () => ((await page()).status === 200 ? true : undefined));
    await eventually('all rows', async () => {
      const sql = 'SELECT count(), uniq(path) FROM ja4_logs.http_logs FORMAT TSV';
      const { stdout } = ja4(['db', 'query', sql], space.environment);
      return stdout.trim() === '3\t3' ? true : undefined;
    });
  });
});
