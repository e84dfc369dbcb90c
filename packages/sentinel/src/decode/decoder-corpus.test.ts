import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { corpus, corpusDir, itNeeds } from '../../../../test/setup/needs.ts';
import type { PacketSink } from '../capture-file/format.ts';
import { isPcap, PcapFormat, pcapHeaderLength } from '../capture-file/pcap.ts';
import { isPcapng, PcapngFormat } from '../capture-file/pcapng.ts';
import { newCaptureStatistics } from '../capture-statistics.ts';
import { FrameDecoder } from './frame.ts';

/** Outcomes of all frames of a file, by how often they came. */
function outcomesOf(path: string): Map<string, number> {
  const buffer = new Uint8Array(readFileSync(path));
  const decoder = new FrameDecoder(newCaptureStatistics());
  const outcomes = new Map<string, number>();
  const sink: PacketSink = (frame, offset, length, type, timestampNs) => {
    const outcome = decoder.decode(frame, offset, offset + length, type, timestampNs);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  };
  if (isPcapng(buffer)) new PcapngFormat().take(buffer, 0, buffer.length, sink);
  else if (isPcap(buffer)) new PcapFormat(buffer).take(buffer, pcapHeaderLength, buffer.length, sink);
  return outcomes;
}

itNeeds(corpus)(
  'knows every link type of the shared captures, and gives up on no other frame than tshark',
  () => {
    const folder = join(corpusDir, 'pcap');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const captures = files.filter((file) => /\.(cap|pcap|pcapng)$/.test(file));
    const sums = new Map<string, number>();
    for (const file of captures) {
      for (const [outcome, count] of outcomesOf(join(folder, file))) {
        sums.set(outcome, (sums.get(outcome) ?? 0) + count);
      }
    }
    expect(captures.length).toBeGreaterThan(400);
    expect(sums.get('link_type_unsupported')).toBeUndefined();
    // A stack of MPLS labels and pseudowires made to exhaust decoders.
    expect(sums.get('encapsulation_too_deep')).toBe(1);
    // 351 frames in which tshark 4.0 finds no IP either, and 5 mirrored or tunnelled frames of ARP and CDP.
    expect(sums.get('not_ip')).toBe(356);
  },
);
