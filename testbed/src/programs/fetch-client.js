// Runs an errand with Node's own fetch.
import { headers, requests } from './errand.js';

for await (const { method, url, body, headers: ofForm } of requests()) {
  const answer = await fetch(url, { method, body, headers: { ...headers, ...ofForm }, redirect: 'manual' });
  await answer.arrayBuffer();
}
