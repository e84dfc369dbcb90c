import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { corpus, corpusDir, itNeeds } from '../../../../test/setup/needs.ts';
import { PcapFormat, pcapHeaderLength } from '../capture-file/pcap.ts';
import { isPcapng, PcapngFormat } from '../capture-file/pcapng.ts';
import { newCaptureStatistics } from '../capture-statistics.ts';
import { FrameDecoder } from '../decode/frame.ts';
import { SynFacts, type SynFields } from './syn-facts.ts';

/** The fields of every SYN in a capture file. */
function synsOf(path: string): SynFields[] {
  const raw = readFileSync(path);
  const bytes: Uint8Array = path.endsWith('.gz') ? gunzipSync(raw) : raw;
  const isNew = isPcapng(bytes);
  const format = isNew ? new PcapngFormat() : new PcapFormat(bytes);
  const decoder = new FrameDecoder(newCaptureStatistics());
  const syns = new SynFacts(1);
  const found: SynFields[] = [];
  format.take(bytes, isNew ? 0 : pcapHeaderLength, bytes.length, (buffer, offset, length, type, nowNs) => {
    const { layout } = decoder;
    if (decoder.decode(buffer, offset, offset + length, type, nowNs) !== 'ok') return;
    const { buffer: packet, transport, end } = layout;
    if (layout.protocol !== 6 || transport + 20 > end || (packet[transport + 13]! & 0x12) !== 2) return;
    const optionsEnd = transport + (packet[transport + 12]! >> 4) * 4;
    if (optionsEnd < transport + 20 || optionsEnd > end) return;
    syns.record(0, layout, packet, optionsEnd);
    found.push(syns.describe(0));
  });
  return found;
}

/** How often each value occurs. */
function counts(values: readonly (string | number | undefined)[]): Record<string, number> {
  const times: Record<string, number> = {};
  for (const value of values) times[String(value)] = (times[String(value)] ?? 0) + 1;
  return times;
}

const sample = fileURLToPath(new URL('../../../../samples/first-contact/capture.pcap.gz', import.meta.url));

describe('recorded SYNs', () => {
  it('of one Linux differ in what is set on a host and on its path, and in nothing else', () => {
    const syns = synsOf(sample);
    expect(syns.length).toBeGreaterThan(3000);
    const linux =
      /^[46]\|64\|(mss\*(max|\d+)|65535)\|mss,(sack,ts|nop,nop,ts|nop,nop,sack),nop,ws=\d+\|(df,id|flow)$/;
    const others = syns.map((syn) => syn.tcp_signature ?? '').filter((signature) => !linux.test(signature));
    // nmap makes its first SYNs itself: its window is 1024, whatever the system's is.
    expect(
      Object.keys(counts(others)).filter((signature) => !/^[46]\|\d+\|1024\|mss\|/.test(signature)),
    ).toEqual([]);
    expect(others.length).toBeLessThan(50);
    expect(Object.keys(counts(syns.map((syn) => syn.tcp_meta_mss))).length).toBeGreaterThan(5);
    expect(Object.keys(counts(syns.map((syn) => syn.ip_meta_ttl))).length).toBeGreaterThan(5);
  });

  const systems = [
    [
      'Windows 10',
      'arkime/tests/pcap/wireshark-smb-on-windows10.pcap',
      '4|128|8192|mss,nop,ws=8,nop,nop,sack|df,id',
    ],
    [
      'a newer Windows 10',
      'foxio/pcap/browsers-x509.pcapng',
      '4|128|mss*max|mss,nop,ws=8,nop,nop,sack|df,id',
    ],
    ['macOS', 'foxio/pcap/macos_tcp_flags.pcap', '4|64|65535|mss,nop,ws=6,nop,nop,ts,sack,eol+1|df,ecn'],
    ['Linux 4', 'joy/test/pcaps/firefox58.pcap', '4|64|mss*20|mss,sack,ts,nop,ws=7|df,id'],
    ['Android', 'arkime/tests/pcap/fbzero-android.pcap', '4|64|65535|mss,sack,ts,nop,ws=6|df,id'],
  ] as const;
  for (const [system, file, signature] of systems) {
    itNeeds(corpus)(`of ${system} all have its signature`, () => {
      const signatures = synsOf(join(corpusDir, 'pcap', file)).map((syn) => syn.tcp_signature);
      expect(new Set(signatures)).toEqual(new Set([signature]));
    });
  }

  itNeeds(corpus)('of many systems fall into few signatures, though TTL, MSS and window differ', () => {
    const files = readFileSync(join(corpusDir, 'FILES.tsv'), 'utf8').trim().split('\n').slice(1);
    const syns = files.flatMap((line) => readable(join(corpusDir, 'pcap', line.split('\t')[0]!)));
    const signatures = new Set(syns.map((syn) => syn.tcp_signature));
    const raw = new Set(
      syns.map((syn) =>
        [syn.ip_meta_ttl, syn.tcp_meta_mss, syn.tcp_meta_window_size, syn.tcp_meta_options].join(),
      ),
    );
    expect(syns.length).toBeGreaterThan(600);
    expect(signatures.size).toBeGreaterThan(60);
    expect(signatures.size).toBeLessThan(raw.size * 0.9);
  });
});

/** The SYNs of a file of the corpus; some of its files are no captures. */
function readable(path: string): SynFields[] {
  const bytes = readFileSync(path);
  const magic = bytes.subarray(0, 4).toString('hex');
  return ['d4c3b2a1', 'a1b2c3d4', '4d3cb2a1', 'a1b23c4d', '0a0d0d0a'].includes(magic) ? synsOf(path) : [];
}
