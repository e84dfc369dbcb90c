import { spawnSync } from 'node:child_process';
import { chromium as playwright } from 'playwright-core';
import { describe, expect } from 'vitest';
import { h2Fields } from '../../packages/fingerprints/src/http2/index.ts';
import { listenForHttp2, recordedFingerprints } from '../setup/http2-listener.ts';
import { itNeeds, program } from '../setup/needs.ts';
import { chromium } from '../setup/platform.ts';

describe('a browser over HTTP/2', () => {
  itNeeds(program('chromium'), program('openssl'))(
    'Chromium is what the web server module says',
    async () => {
      const listener = await listenForHttp2('tls');
      const browser = await playwright.launch(chromium);
      try {
        const page = await browser.newPage({ ignoreHTTPSErrors: true });
        // The listener never answers.
        page.goto(`https://localhost:${listener.port}/`).catch(() => {});
        const client = await listener.client;
        const fields = h2Fields(client);
        const version = spawnSync(chromium.executablePath, ['--version'], { encoding: 'utf8' }).stdout;
        const major = /\d+/.exec(version)?.[0];
        const userAgent = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major}.0.0.0 Safari/537.36`;
        expect(fields.h2_fingerprint).toBe(recordedFingerprints().get(userAgent) ?? fields.h2_fingerprint);
        expect(fields).toMatchObject({
          h2_pseudo_order: 'm,a,s,p',
          h2_has_priority: true,
          h2_enable_push: 0,
        });
        expect(client.headersFailure).toBeUndefined();
        expect(client.headerNames).toContain('sec-ch-ua');
      } finally {
        await browser.close();
        listener.close();
      }
    },
  );
});
