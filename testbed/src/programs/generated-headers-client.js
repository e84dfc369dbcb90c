// Runs an errand with a header set that header-generator makes up, new for each run. One more argument: axios or undici.
import { readFileSync } from 'node:fs';
import axios from 'axios';
import { HeaderGenerator } from 'header-generator';
import { Agent, request } from 'undici';
import { authority, more, requests } from './errand.js';

const [library] = more;
const generator = new HeaderGenerator({ devices: ['desktop'], httpVersion: library === 'axios' ? '1' : '2' });
const { 'accept-encoding': _, ...headers } = generator.getHeaders();
const dispatcher = new Agent({ allowH2: true, connect: { ca: readFileSync(authority) } });

const send = {
  axios: ({ method, url, body, headers: ofForm }) =>
    axios({
      method,
      url,
      data: body,
      headers: { ...headers, ...ofForm },
      validateStatus: () => true,
      timeout: 20_000,
    }),
  undici: async ({ method, url, body, headers: ofForm }) => {
    const answer = await request(url, { method, body, headers: { ...headers, ...ofForm }, dispatcher });
    await answer.body.dump();
  },
};
for await (const wanted of requests()) await send[library](wanted);
await dispatcher.close();
