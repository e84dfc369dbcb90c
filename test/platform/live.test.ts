import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { openShop, play, type Shop, smoke } from '../../testbed/src/index.ts';
import { itNeeds, program, root } from '../setup/needs.ts';
import { eventually, isolation, ja4, Platform } from '../setup/platform.ts';

const needs = [
  root,
  program('ip', 'iproute2'),
  program('apache2'),
  program('apxs', 'apache2-dev'),
  program('chromium'),
  program('certutil', 'libnss3-tools'),
  program('curl'),
  {
    what: 'python3-requests',
    install: 'apt-get install python3-requests',
    present: () => ja4Python(),
  },
];

function ja4Python(): boolean {
  try {
    return readFileSync('/usr/lib/python3/dist-packages/requests/__init__.py').length > 0;
  } catch {
    return false;
  }
}

const ready = needs.every((need) => need.present());

interface Visitor {
  readonly src_ip: string;
  readonly hits: string;
  readonly correlated: string;
  readonly user_agent: string;
  readonly ja4: string;
}

interface Verdict {
  readonly src_ip: string;
  readonly score: number;
}

describe('three real clients at a real Apache, watched live', () => {
  let space: Awaited<ReturnType<typeof isolation>>;
  let sockets: string;
  let platform: Platform;
  let shop: Shop;

  beforeAll(async () => {
    if (!ready) return;
    space = await isolation();
    // Below a folder that the web server's user can enter, unlike the data folder.
    sockets = mkdtempSync(join(tmpdir(), 'ja4-live-'));
    chmodSync(sockets, 0o755);
    shop = await openShop({
      socketPath: join(sockets, 'http.socket'),
      serverNamespace: false,
      beforeServer: async (network) => {
        platform = new Platform([], {
          ...space.environment,
          JA4_SOCKETS_DIR: sockets,
          JA4_SOCKETS_MODE: '0666',
          JA4_SENTINEL_INTERFACE: network.interface,
          JA4_DETECTOR_SCORE_S: '1',
        });
        await platform.waitFor(/Ctrl-C/);
      },
    });
    const trouble: string[] = [];
    const { appeared } = await play(shop.network, shop.surroundings, smoke(), (line) => trouble.push(line));
    expect(appeared.filter(({ failure }) => failure === undefined).length, trouble.join('\n')).toBe(3);
    await shop.stopServer();
  });

  afterAll(async () => {
    await shop?.close();
    await platform?.stop();
    space?.remove();
    if (sockets !== undefined) rmSync(sockets, { recursive: true, force: true });
  });

  const query = <Row>(sql: string): Row[] =>
    ja4(['db', 'query', sql, '--format', 'JSONEachRow'], space.environment)
      .stdout.split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Row);

  itNeeds(...needs)('every request was stored, and joined with the handshake of its connection', async () => {
    const rows = await eventually('the requests of three clients', async () => {
      const found = query<Visitor>(
        `SELECT toString(src_ip) AS src_ip, count() AS hits, sum(correlated) AS correlated,
           any(header_user_agent) AS user_agent, any(ja4) AS ja4
         FROM ja4_logs.http_logs GROUP BY src_ip ORDER BY src_ip`,
      );
      return found.length === 3 ? found : undefined;
    });
    for (const row of rows) {
      expect(Number(row.hits), row.src_ip).toBeGreaterThan(2);
      expect(row.correlated, `${row.src_ip} (${row.user_agent})`).toBe(row.hits);
      expect(row.ja4).toMatch(/^t13d\d{4}(h2|h1|00)_[0-9a-f]{12}_[0-9a-f]{12}$/);
    }
    expect(new Set(rows.map((row) => row.ja4)).size).toBe(3);
  });

  itNeeds(...needs)('nothing was lost between the web server and the store', async () => {
    const [counts] = query<{ sent: string; stored: string }>(
      'SELECT max(seq) - min(seq) + 1 AS sent, count() AS stored FROM ja4_logs.http_logs',
    );
    expect(counts?.stored).toBe(counts?.sent ?? 'no answer');
  });

  itNeeds(...needs)(
    'the detector judged all three, and found the tools more unusual than the browser',
    async () => {
      const verdicts = await eventually('three verdicts', async () => {
        const found = query<Verdict>(
          `SELECT toString(src_ip) AS src_ip, max(anomaly_score) AS score
           FROM ja4_processing.ml_all_scores FINAL GROUP BY src_ip`,
        );
        return found.length === 3 ? found : undefined;
      });
      const score = (network: string) =>
        verdicts.filter((row) => row.src_ip.includes(network)).map((row) => row.score);
      const [person] = score('198.18.16.');
      const tools = score('198.19.');
      expect(tools.length).toBe(2);
      for (const tool of tools) expect(tool).toBeGreaterThan(person ?? 1);
    },
  );
});
