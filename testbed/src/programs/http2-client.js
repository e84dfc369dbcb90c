// Runs an errand over one connection of node:http2.
import { once } from 'node:events';
import { connect } from 'node:http2';
import { headers, requests, site } from './errand.js';

const session = connect(site);
for await (const { method, path, body, headers: ofForm } of requests()) {
  const stream = session.request({ ':method': method, ':path': path, ...headers, ...ofForm });
  stream.end(body);
  stream.resume();
  await once(stream, 'end');
}
session.close();
