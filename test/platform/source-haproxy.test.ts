import { program } from '../setup/needs.ts';
import { describeSource } from './source-suite.ts';

describeSource({
  ...{ server: 'haproxy', source: 'haproxy', needs: [program('haproxy')], resolutionMs: 1, malformed: 400 },
  http1: { names: 'host,user-agent,accept,x-odd', order: 'server' },
  http2: { names: 'user-agent,accept,x-odd', order: 'wire' },
  http2Cookie: { names: 'user-agent,accept,x-odd,cookie', order: 'server' },
});
