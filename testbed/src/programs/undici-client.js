// Runs an errand with undici's request, over HTTP/2 where the server speaks it.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { authority, headers, requests } from './errand.js';

const dispatcher = new Agent({ allowH2: true, connect: { ca: readFileSync(authority) } });
for await (const { method, url, body, headers: ofForm } of requests()) {
  const answer = await request(url, { method, body, headers: { ...headers, ...ofForm }, dispatcher });
  await answer.body.dump();
}
await dispatcher.close();
