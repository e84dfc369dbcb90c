import { existsSync } from 'node:fs';
import { type Need, program } from '../setup/needs.ts';
import { describeSource } from './source-suite.ts';

const nginx = { source: 'nginx', resolutionMs: 2, malformed: 400 };
const njs: Need = {
  what: "nginx's njs module",
  install: 'apt-get install libnginx-mod-http-js',
  present: () => existsSync('/usr/lib/nginx/modules/ngx_http_js_module.so'),
};
const none = { names: '', order: '' } as const;

describeSource({
  ...{ ...nginx, server: 'nginx', needs: [program('nginx')] },
  ...{ http1: none, http2: none, http2Cookie: none },
});

describeSource({
  ...{ ...nginx, server: 'nginx-njs', needs: [program('nginx'), njs] },
  http1: { names: 'Host,User-Agent,Accept,X-Odd', order: 'wire' },
  http2: { names: 'user-agent,accept,x-odd', order: 'wire' },
  http2Cookie: { names: 'user-agent,accept,x-odd,cookie', order: 'server' },
});
