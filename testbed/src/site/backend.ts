/**
 * The shop's program. Arguments: folder of the site, port on 127.0.0.1 (0 for any that is free). Says
 * `listening PORT` on stdout. Started as root it gives that up once everything is read and the port is taken.
 */
import { join } from 'node:path';
import { shopServer } from './shop-server.ts';
import { StaticFiles } from './static-files.ts';

const [folder = '.', port = '0'] = process.argv.slice(2);
const server = shopServer(await StaticFiles.load(join(folder, 'public')));
server.listen(Number(port), '127.0.0.1', () => {
  if (process.getuid?.() === 0) {
    process.setgroups?.([]);
    process.setgid?.('nogroup');
    process.setuid?.('nobody');
  }
  const address = server.address();
  process.stdout.write(`listening ${typeof address === 'object' ? address?.port : ''}\n`);
});

const end = () => {
  server.close();
  server.closeAllConnections();
  process.exit();
};
process.once('SIGTERM', end);
// Whoever started it may be killed before it can stop what it started.
const parent = process.ppid;
setInterval(() => process.ppid === parent || end(), 2000).unref();
