/** Counts the lines that come to a stream socket: `receiver.ts SOCKET`; says the number when it is ended. */
import { createServer } from 'node:net';

let lines = 0;
createServer((sender) => {
  sender.on('error', () => sender.destroy());
  sender.on('data', (bytes: Buffer) => {
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines++;
  });
}).listen(process.argv[2], () => process.stdout.write('ready\n'));
process.on('SIGTERM', () => process.stdout.write(`${lines}\n`, () => process.exit()));
