// Runs an errand with node:https, connections kept.
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { headers, requests } from './errand.js';

const agent = new Agent({ keepAlive: true });
for await (const { method, url, body, headers: ofForm } of requests()) {
  const asked = request(url, { method, agent, headers: { ...headers, ...ofForm }, timeout: 20_000 });
  asked.end(body);
  const [answer] = await once(asked, 'response');
  answer.resume();
  await once(answer, 'end');
}
agent.destroy();
