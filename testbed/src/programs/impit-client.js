// Runs an errand with impit, which sends a browser's hello and HTTP/2 settings. More arguments: which browser,
// and "own" to leave it its own headers or "errand" to send the errand's instead.
import { Impit } from 'impit';
import { headers, more, requests } from './errand.js';

const [browser, whose] = more;
const impit = new Impit({
  browser,
  ignoreTlsErrors: true,
  timeout: 20_000,
  ...(whose === 'errand' ? { headers } : {}),
});
for await (const { method, url, body, headers: ofForm } of requests()) {
  const answer = await impit.fetch(url, { method, body, headers: ofForm });
  await answer.text();
}
