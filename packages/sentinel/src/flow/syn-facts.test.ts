import { describe, expect, it } from 'vitest';
import { newCaptureStatistics } from '../capture-statistics.ts';
import { FrameDecoder, linkType } from '../decode/frame.ts';
import { ipPacket, linuxSynOptions, type TcpPacket } from '../synthetic/index.ts';
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

describe('the facts of SYNs', () => {
  const ends = { src: '198.18.16.7', srcPort: 1, dst: '198.18.0.10', dstPort: 443 };
  const overIpv6 = { ...ends, src: '2001:db8::1', dst: '2001:db8::2' };

  function recorded(...packets: readonly TcpPacket[]) {
    const decoder = new FrameDecoder(newCaptureStatistics());
    const syns = new SynFacts(packets.length);
    packets.forEach((packet, slot) => {
      const bytes = ipPacket({ ...packet, flags: 2 });
      const end = bytes.length - (packet.payload?.length ?? 0);
      decoder.decode(bytes, 0, bytes.length, linkType.raw, 0);
      syns.record(slot, decoder.layout, bytes, end);
      // The capture buffer is used again for the next packets.
      bytes.fill(0xff);
    });
    return packets.map((_, slot) => syns.describe(slot));
  }

  it('are kept for each flow apart, whatever happens to the packet', () => {
    const linux = { ...ends, sequence: 7, flags: 2, window: 64_240, id: 9, options: linuxSynOptions };
    const scanner = { ...ends, sequence: 0, flags: 2, window: 1024, ttl: 250, df: false };
    expect(recorded(linux, scanner)).toEqual([
      {
        ip_meta_ttl: 64,
        ip_meta_total_length: 60,
        ip_meta_id: 9,
        ip_meta_df: true,
        tcp_meta_window_size: 64_240,
        tcp_meta_mss: 1460,
        tcp_meta_window_scale: 7,
        tcp_meta_options: 'MSS,SACK,TS,NOP,WS',
        tcp_signature: '4|64|mss*max|mss,sack,ts,nop,ws=7|df,id',
      },
      {
        ip_meta_ttl: 250,
        ip_meta_total_length: 40,
        ip_meta_id: 0,
        ip_meta_df: false,
        tcp_meta_window_size: 1024,
        tcp_meta_options: '',
        tcp_signature: '4|255|1024|-|id0,seq0',
      },
    ]);
  });

  it('of IPv6 have neither identification nor DF', () => {
    const [fields] = recorded({ ...overIpv6, sequence: 1, flags: 2 });
    expect(fields).toMatchObject({ ip_meta_id: undefined, ip_meta_df: undefined });
    expect(fields?.tcp_signature).toBe('6|64|65535|-|-');
  });

  it('say that data came with the SYN, as with TCP Fast Open', () => {
    const [fields] = recorded({
      ...ends,
      sequence: 1,
      flags: 2,
      options: [34, 2],
      payload: new Uint8Array(9),
    });
    expect(fields?.tcp_signature).toBe('4|64|65535|tfo,eol+1|df,data');
  });
});
