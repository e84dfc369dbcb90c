/** The wire between hosts and server, with real kernels at both ends. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { itNeeds, program, root } from '../../test/setup/needs.ts';
import { networks, networksCsv } from './address-plan.ts';
import { lookOf } from './look.ts';
import {
  addClient,
  buildNetwork,
  type Client,
  moveClient,
  type Network,
  removeClient,
  runInside,
  server,
  tearDown,
} from './network.ts';
import { type Running, start } from './run.ts';
import { pause } from './time.ts';

const needs = [
  root,
  program('ip', 'iproute2'),
  program('gcc'),
  { what: '/dev/net/tun', install: 'modprobe tun', present: () => existsSync('/dev/net/tun') },
];
const it = itNeeds(...needs, program('/usr/bin/python3', 'python3'));
const canRun = needs.every((need) => need.present());

/** Answers connections on port 80 with what the SYN looked like, as the kernel keeps it (tcp(7), TCP_SAVED_SYN). */
const echo = `
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.IPPROTO_TCP, 27, 1)
s.bind(('::', 80)); s.listen(128)
print('ready', flush=True)
while True:
    c, peer = s.accept()
    c.sendall(peer[0].encode() + b' ' + c.getsockopt(socket.IPPROTO_TCP, 28, 200).hex().encode() + b'\\n' + b'x' * 200000)
    c.close()
`;
const ask = `
import socket, sys, time
began = time.monotonic()
c = socket.create_connection((sys.argv[1], 80), 20)
connected = time.monotonic()
data = b''
while (more := c.recv(65536)): data += more
print(round((connected - began) * 1000), len(data), data.split(b'\\n')[0].decode())
`;

interface Answer {
  readonly connectMs: number;
  readonly bytes: number;
  readonly address: string;
  /** IP header and TCP header of the SYN. */
  readonly syn: Buffer;
}

async function visit(client: Client): Promise<Answer> {
  const to = client.address.includes(':') ? server.ipv6 : server.ipv4;
  const said = await runInside(client.inside, '/usr/bin/python3', '-c', ask, to);
  const [connectMs, bytes, address = '', syn = ''] = said.trim().split(' ');
  const plain = address.replace('::ffff:', '');
  return { connectMs: Number(connectMs), bytes: Number(bytes), address: plain, syn: Buffer.from(syn, 'hex') };
}

let network: Network;
let listener: Running;

beforeAll(async () => {
  if (!canRun) return;
  network = await buildNetwork();
  const [command = '', ...args] = [...network.inside, '/usr/bin/python3', '-c', echo];
  listener = start(command, args);
  await new Promise((resolve) => listener.process.stdout?.once('data', resolve));
});

afterAll(async () => {
  await listener?.stop();
  if (network) await tearDown();
});

describe('a host of the testbed', () => {
  it('looks to the server as its address says: hops, MSS and the way there', async () => {
    const address = '198.18.16.8';
    const client = await addClient(network, { address });
    const answer = await visit(client);
    expect(client.look).toEqual(lookOf(address, network.seed));
    expect(answer.address).toBe(address);
    expect(answer.bytes).toBeGreaterThan(200_000);
    expect(answer.connectMs).toBeGreaterThanOrEqual(Math.floor(client.look.rttMs));
    expect(answer.syn[8]).toBe(64 - client.look.hops);
    // The first option is the MSS: kind 2, length 4 (RFC 9293, 3.2).
    expect(answer.syn.subarray(40, 42)).toEqual(Buffer.from([2, 4]));
    expect(answer.syn.readUInt16BE(42)).toBe(client.look.mtu - 40);
    await removeClient(client);
  });

  it('keeps its namespace and changes its look when it moves, from IPv4 to IPv6 too', async () => {
    const client = await addClient(network, { address: '198.18.16.9' });
    for (const address of ['198.18.32.9', '2001:db8:16:b::100e', '198.18.16.9', '198.18.16.9']) {
      await moveClient(client, { address });
      expect((await visit(client)).address).toBe(address);
    }
    await moveClient(client, { address: '2001:db8:16:a::1007' });
    expect(await runInside(client.inside, 'ip', 'addr', 'show', 'eth0')).not.toMatch(/inet 198/);
    const answer = await visit(client);
    expect(answer.address).toBe('2001:db8:16:a::1007');
    expect(client.look).toEqual(lookOf('2001:db8:16:a::1007', network.seed));
    expect(answer.syn[7]).toBe(64 - client.look.hops);
    expect(answer.syn.readUInt16BE(62)).toBe(client.look.mtu - 60);
    await removeClient(client);
    await expect(moveClient(client, { address: '198.18.16.9' })).rejects.toThrow(/was removed/);
  });

  it('sends no option that its look does not have', async () => {
    const look = { timestamps: false, sack: false, tcpRmem: '4096 65536 2097152', rttMs: 0.2, jitterMs: 0 };
    const client = await addClient(network, { address: '198.18.16.10', look });
    const { syn } = await visit(client);
    // MSS, NOP, window scale (RFC 7323): neither SACK permitted nor timestamps.
    expect(syn.subarray(44, 47)).toEqual(Buffer.from([1, 3, 3]));
    expect(syn.length).toBe(48);
    await removeClient(client);
  });

  it('does not see other hosts', async () => {
    const one = await addClient(network, { address: '198.18.16.11' });
    const other = await addClient(network, { address: '198.18.16.12' });
    const ping = runInside(one.inside, '/usr/bin/python3', '-c', ask, other.address);
    await expect(
      Promise.race([ping, pause(1500).then(() => Promise.reject(new Error('silence')))]),
    ).rejects.toThrow('silence');
    await Promise.all([removeClient(one), removeClient(other)]);
    await ping.catch(() => undefined);
  });

  it('loses nothing when many download at once', async () => {
    const clients = [];
    for (let i = 0; i < 12; i++) clients.push(await addClient(network, { address: `198.18.32.${i + 1}` }));
    const answers = await Promise.all(clients.flatMap((client) => [visit(client), visit(client)]));
    expect(answers.every(({ bytes }) => bytes > 200_000)).toBe(true);
    expect((await network.wire.counts()).notWritten).toBe(0);
    await Promise.all(clients.map(removeClient));
  });
});

describe('the address plan', () => {
  it('has several networks of every kind, no prefix twice', () => {
    const kinds = Map.groupBy(Object.values(networks), ({ kind }) => kind);
    expect([...kinds.keys()].sort()).toEqual(['access', 'cloud', 'crawler', 'hosting', 'mobile', 'vpn']);
    for (const ofKind of kinds.values()) expect(ofKind.length).toBeGreaterThan(1);
    const prefixes = networksCsv().trim().split('\n').slice(1);
    expect(new Set(prefixes.map((line) => line.split(',')[0])).size).toBe(prefixes.length);
  });
});
