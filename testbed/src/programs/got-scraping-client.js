// Runs an errand with got-scraping: a browser's headers and cipher order, over HTTP/2. One browser per run.
import { readFileSync } from 'node:fs';
import { gotScraping } from 'got-scraping';
import { authority, more, requests } from './errand.js';

const [browser] = more;
const options = {
  https: { certificateAuthority: readFileSync(authority) },
  headerGeneratorOptions: {
    browsers: [browser],
    devices: ['desktop'],
    operatingSystems: ['windows', 'macos'],
  },
  sessionToken: {},
  throwHttpErrors: false,
  timeout: { request: 20_000 },
};
for await (const { method, url, body, headers } of requests()) {
  await gotScraping({ ...options, method, url, body, headers });
}
