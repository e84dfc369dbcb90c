/**
 * Makes the recordings beside it again: real clients turn to TLS on loopback while tcpdump records.
 *
 *     sudo node packages/sentinel/src/flow/recordings/record.test-program.ts
 *
 * The servers say just enough for each client to go on to its ClientHello, and then hang up.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';

/** What a server says when it is connected to, and each time it is told something; then it hangs up. */
interface Script {
  readonly greeting?: string | Uint8Array;
  readonly answers: readonly (string | Uint8Array)[];
}

interface Recording {
  readonly name: string;
  readonly script: Script;
  readonly client: (port: number, serverName: string) => ChildProcess | Promise<void>;
}

const startTls = (protocol: string) => (port: number, serverName: string) =>
  spawn(
    'openssl',
    ['s_client', '-starttls', protocol, '-connect', `127.0.0.1:${port}`, '-servername', serverName],
    { stdio: 'ignore' },
  );

const curl =
  (...options: string[]) =>
  (port: number, serverName: string) => {
    const filled = options.map((option) => option.replace('PORT', String(port)).replace('NAME', serverName));
    return spawn('curl', ['--silent', '--insecure', '--max-time', '3', ...filled], { stdio: 'ignore' });
  };

/** The first bytes of Node's own TLS client. */
async function helloFor(serverName: string): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const wire = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      resolve(chunk);
      done();
    },
  });
  const tls = connectTls({ socket: wire, servername: serverName });
  tls.on('error', () => {});
  const hello = await promise;
  tls.destroy();
  return hello;
}

/** Sends what `steps` make of a hello; each step but the first waits for an answer. */
const nodeClient =
  (steps: (hello: Buffer) => readonly Uint8Array[]) =>
  async (port: number, serverName: string): Promise<void> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    for (const [i, bytes] of steps(await helloFor(serverName)).entries()) {
      if (i > 0) await once(socket, 'data');
      socket.write(bytes);
    }
    socket.resume();
    if (!socket.destroyed) await once(socket, 'close');
  };

const bytes = (...values: number[]) => Uint8Array.from(values);
const nothing: Script = { answers: [] };

/** MySQL's greeting packet, protocol 10, with the TLS capability (0x0800) set. */
const mysqlGreeting = (() => {
  const version = [...Buffer.from('8.0.36'), 0];
  const lower = [0x00, 0xf7 | 0x08];
  const body = [10, ...version, 1, 0, 0, 0, ...Array(8).fill(65), 0, ...lower, 33, 2, 0, 0xff, 0xc1, 21];
  body.push(...Array(10).fill(0), ...Array(12).fill(66), 0, ...Buffer.from('mysql_native_password'), 0);
  return bytes(body.length, 0, 0, 0, ...body);
})();

/** PROXY protocol version 2: TCP over IPv4. Source: HAProxy's proxy-protocol.txt, section 2.2. */
const proxyVersion2 = Buffer.concat([
  bytes(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x21, 0x11, 0, 12),
  bytes(198, 18, 16, 7, 198, 18, 0, 10, 0xc8, 0x22, 0x01, 0xbb),
]);

const tdsPacket = (content: Uint8Array, status: number, id: number) =>
  Buffer.concat([
    bytes(0x12, status, (content.length + 8) >> 8, (content.length + 8) & 0xff, 0, 0, id, 0),
    content,
  ]);

/** PRELOGIN with the options VERSION and ENCRYPTION = on. Source: MS-TDS 2.2.6.5. */
const tdsPrelogin = tdsPacket(bytes(0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 1), 1, 0);

/** X.224 connection request that asks for TLS and CredSSP. Source: MS-RDPBCGR 2.2.1.1. */
const rdpRequest = bytes(3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0);
const rdpConfirm = bytes(3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0, 8, 0, 1, 0, 0, 0);

/** An FTP session that goes on for a while before it turns to TLS. */
const ftpCommands = Array.from({ length: 24 }, (_, i) => Buffer.from(`NOOP ${i}\r\n`));

const recordings: readonly Recording[] = [
  {
    name: 'smtp',
    script: {
      greeting: '220 mail.example ESMTP\r\n',
      answers: ['250-mail.example\r\n250 STARTTLS\r\n', '220 ready\r\n'],
    },
    client: startTls('smtp'),
  },
  {
    name: 'lmtp',
    script: {
      greeting: '220 mail.example LMTP\r\n',
      answers: ['250-mail.example\r\n250 STARTTLS\r\n', '220 ready\r\n'],
    },
    client: startTls('lmtp'),
  },
  {
    name: 'pop3',
    script: { greeting: '+OK ready\r\n', answers: ['+OK\r\n'] },
    client: startTls('pop3'),
  },
  {
    name: 'imap',
    script: {
      greeting: '* OK ready\r\n',
      answers: ['* CAPABILITY IMAP4rev1 STARTTLS\r\n. OK done\r\n', '. OK begin\r\n'],
    },
    client: startTls('imap'),
  },
  {
    name: 'ftp',
    script: { greeting: '220 ftp.example\r\n', answers: ['234 proceed\r\n'] },
    client: startTls('ftp'),
  },
  {
    name: 'nntp',
    script: {
      greeting: '200 news.example\r\n',
      answers: ['101 capabilities\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n', '382 continue\r\n'],
    },
    client: startTls('nntp'),
  },
  {
    name: 'sieve',
    script: {
      greeting: '"IMPLEMENTATION" "example"\r\n"STARTTLS"\r\nOK\r\n',
      answers: ['OK "begin"\r\n'],
    },
    client: startTls('sieve'),
  },
  {
    name: 'irc',
    script: { answers: [':irc.example 670 * :STARTTLS successful\r\n'] },
    client: startTls('irc'),
  },
  {
    name: 'xmpp',
    script: {
      answers: [
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'>" +
          "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>",
        "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
      ],
    },
    client: startTls('xmpp'),
  },
  {
    name: 'telnet',
    script: {
      greeting: bytes(0xff, 0xfd, 46),
      answers: [bytes(0xff, 0xfa, 46, 1, 0xff, 0xf0)],
    },
    client: startTls('telnet'),
  },
  {
    name: 'ldap',
    script: {
      answers: [bytes(48, 12, 2, 1, 1, 120, 7, 10, 1, 0, 4, 0, 4, 0)],
    },
    client: startTls('ldap'),
  },
  {
    name: 'postgres',
    script: { answers: ['S'] },
    client: startTls('postgres'),
  },
  { name: 'mysql', script: { greeting: mysqlGreeting, answers: [] }, client: startTls('mysql') },
  {
    name: 'mysql-pipelined',
    script: { greeting: mysqlGreeting, answers: [] },
    client: nodeClient((hello) => [
      Buffer.concat([bytes(32, 0, 0, 1, 0x85, 0xae, 0xff, 1, 0, 0, 0, 1, 33), new Uint8Array(23), hello]),
    ]),
  },
  {
    name: 'socks5',
    script: {
      answers: [bytes(5, 0), bytes(5, 0, 0, 1, 0, 0, 0, 0, 0, 0)],
    },
    client: curl('--socks5-hostname', '127.0.0.1:PORT', 'https://NAME/'),
  },
  {
    name: 'socks4a',
    script: { answers: [bytes(0, 90, 0, 0, 0, 0, 0, 0)] },
    client: curl('--socks4a', '127.0.0.1:PORT', 'https://NAME/'),
  },
  {
    name: 'connect',
    script: { answers: ['HTTP/1.1 200 OK\r\n\r\n'] },
    client: curl('--proxy', 'http://127.0.0.1:PORT', 'https://NAME/'),
  },
  {
    name: 'connect-pipelined',
    script: nothing,
    client: nodeClient((hello) => [
      Buffer.concat([
        Buffer.from('CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n'),
        hello,
      ]),
    ]),
  },
  {
    name: 'proxy-v1',
    script: nothing,
    client: curl('--haproxy-protocol', '--resolve', 'NAME:PORT:127.0.0.1', 'https://NAME:PORT/'),
  },
  {
    name: 'proxy-v2',
    script: nothing,
    client: nodeClient((hello) => [Buffer.concat([proxyVersion2, hello])]),
  },
  {
    name: 'rdp',
    script: { answers: [rdpConfirm] },
    client: nodeClient((hello) => [rdpRequest, hello]),
  },
  {
    name: 'tds',
    script: { answers: [tdsPacket(bytes(0xff), 1, 1)] },
    client: nodeClient((hello) => [tdsPrelogin, tdsPacket(hello, 1, 0)]),
  },
  {
    name: 'tds-small-packets',
    script: { answers: [tdsPacket(bytes(0xff), 1, 1)] },
    client: nodeClient((hello) => [
      tdsPrelogin,
      Buffer.concat([
        tdsPacket(hello.subarray(0, 504), 0, 0),
        tdsPacket(hello.subarray(504, 1008), 0, 1),
        tdsPacket(hello.subarray(1008), 1, 2),
      ]),
    ]),
  },
  {
    name: 'ftp-long',
    script: {
      answers: [...ftpCommands.map(() => '200 OK\r\n'), '234 proceed\r\n'],
    },
    client: nodeClient((hello) => [...ftpCommands, Buffer.from('AUTH TLS\r\n'), hello]),
  },
  {
    name: 'alert-first',
    script: nothing,
    client: nodeClient((hello) => [Buffer.concat([bytes(21, 3, 1, 0, 2, 1, 90), hello])]),
  },
];

/** Listens on a port of loopback. */
async function serve({ greeting, answers }: Script): Promise<Server> {
  const server = createServer((socket) => {
    const left = [...answers];
    socket.on('error', () => {});
    if (greeting !== undefined) socket.write(greeting);
    socket.on('data', () => {
      const answer = left.shift();
      if (answer === undefined) setTimeout(() => socket.end(), 50);
      else socket.write(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function record({ name, script, client }: Recording): Promise<void> {
  const server = await serve(script);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const file = join(import.meta.dirname, `${name}.pcap`);
  const filter = ['tcp', 'port', String(address.port)];
  const tcpdump = spawn(
    'tcpdump',
    ['-i', 'lo', '-Z', 'root', '--immediate-mode', '-U', '-w', file, ...filter],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  await once(tcpdump.stderr, 'data');
  await sleep(200);
  const started = client(address.port, `${name}.example`);
  if (started instanceof Promise) await started;
  else await once(started, 'close');
  await sleep(300);
  tcpdump.kill('SIGINT');
  await once(tcpdump, 'close');
  server.close();
}

for (const recording of recordings) await record(recording);
