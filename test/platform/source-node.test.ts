import { describeSource } from './source-suite.ts';

describeSource({
  ...{ server: 'node', source: 'node', needs: [], resolutionMs: 1, malformed: 400, refusesControls: true },
  http1: { names: 'Host,User-Agent,Accept,X-Odd', order: 'wire' },
  http2: { names: 'user-agent,accept,x-odd', order: 'wire' },
  http2Cookie: { names: 'user-agent,accept,cookie,x-odd', order: 'wire' },
});
