import { describe, expect, it } from 'vitest';
import { newCaptureStatistics } from '../capture-statistics.ts';
import { FrameDecoder, linkType } from '../decode/frame.ts';
import { ipPacket } from '../synthetic/index.ts';
import { SynFacts } from './syn-facts.ts';

function facts(options: number[]) {
  const ends = { src: '198.18.16.7', srcPort: 1, dst: '198.18.0.10', dstPort: 443 };
  const packet = ipPacket({ ...ends, sequence: 0, flags: 2, options });
  const decoder = new FrameDecoder(newCaptureStatistics());
  decoder.decode(packet, 0, packet.length, linkType.raw, 0);
  const syns = new SynFacts(3);
  syns.record(2, decoder.layout, packet, packet.length);
  return syns.describe(2);
}

describe('the options of a SYN', () => {
  it('of Windows are named in wire order', () => {
    expect(facts([2, 4, 5, 180, 1, 3, 3, 8, 1, 1, 4, 2])).toMatchObject({
      tcp_meta_options: 'MSS,NOP,WS,NOP,NOP,SACK',
      tcp_meta_mss: 1460,
      tcp_meta_window_scale: 8,
    });
  });

  it('of macOS end with EOL, and its padding is not read', () => {
    const options = [2, 4, 5, 180, 1, 3, 3, 6, 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 4, 2, 0, 0];
    expect(facts(options).tcp_meta_options).toBe('MSS,NOP,WS,NOP,NOP,TS,SACK,EOL');
  });

  it('that are absent leave their fields out', () => {
    const fields = facts([]);
    expect(fields.tcp_meta_options).toBe('');
    expect(fields.tcp_meta_mss).toBeUndefined();
    expect(fields.tcp_meta_window_scale).toBeUndefined();
  });

  it('of an unknown kind are written with their number', () => {
    expect(facts([254, 4, 0, 0, 34, 2]).tcp_meta_options).toBe('OPT254,TFO,EOL');
  });

  it.each([
    ['a length of 0', [2, 4, 5, 180, 8, 0, 1, 1]],
    ['a length past the header', [2, 4, 5, 180, 8, 10, 1, 1]],
  ])('are read up to an option with %s', (_, options) => expect(facts(options).tcp_meta_options).toBe('MSS'));

  it('take their values only from options of the right length', () => {
    expect(facts([2, 3, 5, 3, 4, 1, 1, 0]).tcp_meta_mss).toBeUndefined();
  });
});
