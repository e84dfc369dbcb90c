import { describe, expect, it } from 'vitest';
import { linkType } from './frame.ts';
import {
  bytes,
  decode,
  ethernet,
  hex,
  innerIpv4,
  innerIpv6,
  ipv4,
  ipv6,
  udp,
  udpProtocol,
  uint16,
} from './packets.test-support.ts';

const zeros = (count: number) => new Uint8Array(count);
const innerFrame = ethernet(0x0800, innerIpv4);
const overUdp = (port: number, ...content: Parameters<typeof bytes>) =>
  ipv4(udpProtocol, udp(50_000, port, bytes(...content)));

describe('the innermost packet is found', () => {
  it.each([
    // RFC 2003, RFC 4213
    ['in IPv4 in IPv4', 'tunnels_ip_in_ip', ipv4(4, innerIpv4)],
    ['in IPv4 in IPv6', 'tunnels_ip_in_ip', ipv6(4, innerIpv4)],
    // RFC 2784, RFC 2890
    ['in GRE', 'tunnels_gre', ipv4(47, bytes('00 00 | 08 00', innerIpv4))],
    ['in GRE over IPv6', 'tunnels_gre', ipv6(47, bytes('00 00 | 08 00', innerIpv4))],
    ['in GRE with a checksum', 'tunnels_gre', ipv4(47, bytes('80 00 | 08 00 | 12 34 00 00', innerIpv4))],
    [
      'in GRE with checksum, key and sequence number',
      'tunnels_gre',
      ipv4(47, bytes('b0 00 | 08 00 | 12 34 00 00 | 00 00 00 07 | 00 00 00 01', innerIpv4)),
    ],
    [
      'in an Ethernet frame in GRE',
      'tunnels_gre',
      ipv4(47, bytes('20 00 | 65 58 | 00 00 00 07', innerFrame)),
    ],
    ['in MPLS in GRE', 'tunnels_gre', ipv4(47, bytes('00 00 | 88 47 | 00 01 01 40', innerIpv4))],
    ['in what WCCP redirects', 'tunnels_gre', ipv4(47, bytes('00 00 | 88 3e', innerIpv4))],
    ['in what WCCP 2 redirects', 'tunnels_gre', ipv4(47, bytes('00 00 | 88 3e | 00 00 00 07', innerIpv4))],
    // RFC 2637
    [
      'in PPTP',
      'tunnels_pptp',
      ipv4(47, bytes('30 01 | 88 0b | 00 2f 00 07 | 00 00 00 01 | ff 03 00 21', innerIpv4)),
    ],
    [
      'in PPTP with an acknowledgment',
      'tunnels_pptp',
      ipv4(47, bytes('30 81 | 88 0b | 00 2c 00 07 | 00 00 00 01 | 00 00 00 01 | 21', innerIpv4)),
    ],
    // draft-foschiano-erspan
    ['in ERSPAN type I', 'tunnels_erspan', ipv4(47, bytes('00 00 | 88 be', innerFrame))],
    [
      'in ERSPAN type II',
      'tunnels_erspan',
      ipv4(47, bytes('10 00 | 88 be | 00 00 00 01 | 10 07 00 64 00 00 00 00', innerFrame)),
    ],
    [
      'in ERSPAN type III',
      'tunnels_erspan',
      ipv4(47, bytes('10 00 | 22 eb | 00 00 00 01 | 20 07 00 64 | 00 00 00 00 | 00 00 80 00', innerFrame)),
    ],
    [
      'in ERSPAN type III with a platform’s own header',
      'tunnels_erspan',
      ipv4(
        47,
        bytes('10 00 | 22 eb | 00 00 00 01 | 20 07 00 64 | 00 00 00 00 | 00 00 80 01', zeros(8), innerFrame),
      ),
    ],
    [
      'in ERSPAN type III that mirrors packets',
      'tunnels_erspan',
      ipv4(47, bytes('10 00 | 22 eb | 00 00 00 01 | 20 07 00 64 | 00 00 00 00 | 00 00 08 00', innerIpv4)),
    ],
    // RFC 3378, RFC 4023, RFC 7510
    ['in EtherIP', 'tunnels_etherip', ipv4(97, bytes('30 00', innerFrame))],
    ['in MPLS in IP', 'tunnels_mpls', ipv4(137, bytes('00 01 01 40', innerIpv4))],
    ['in MPLS in UDP', 'tunnels_mpls', overUdp(6635, '00 01 01 40', innerIpv4)],
    // RFC 7348
    ['in VXLAN', 'tunnels_vxlan', overUdp(4789, '08 00 00 00 | 00 00 07 00', innerFrame)],
    [
      'in VXLAN on Linux’s first port',
      'tunnels_vxlan',
      overUdp(8472, '08 00 00 00 | 00 00 07 00', innerFrame),
    ],
    ['in VXLAN with a group policy', 'tunnels_vxlan', overUdp(4789, '88 00 00 05 | 00 00 07 00', innerFrame)],
    [
      'in VXLAN with a VLAN tag inside',
      'tunnels_vxlan',
      overUdp(4789, '08 00 00 00 | 00 00 07 00', ethernet(0x8100, bytes('00 07 08 00', innerIpv4))),
    ],
    [
      'in VXLAN over IPv6',
      'tunnels_vxlan',
      ipv6(udpProtocol, udp(50_000, 4789, bytes('08 00 00 00 | 00 00 07 00', innerFrame))),
    ],
    ['in VXLAN-GPE', 'tunnels_vxlan', overUdp(4790, '0c 00 00 01 | 00 00 07 00', innerIpv4)],
    [
      'in an Ethernet frame in VXLAN-GPE',
      'tunnels_vxlan',
      overUdp(4790, '0c 00 00 03 | 00 00 07 00', innerFrame),
    ],
    [
      'behind a service header in VXLAN-GPE',
      'tunnels_vxlan',
      overUdp(4790, '0c 00 00 04 | 00 00 07 00 | 0f c6 01 01', zeros(20), innerIpv4),
    ],
    ['in VXLAN with no flag set', 'tunnels_vxlan', overUdp(4789, '00 00 ff 01 | 00 00 07 00', innerFrame)],
    // RFC 8086, RFC 8926
    ['in GRE in UDP', 'tunnels_gre', overUdp(4754, '20 00 | 08 00 | 00 00 00 07', innerIpv4)],
    [
      'in Geneve from its port to another',
      'tunnels_geneve',
      ipv4(udpProtocol, udp(6081, 50_000, bytes('00 00 65 58 | 00 00 07 00', innerFrame))),
    ],
    ['in Geneve', 'tunnels_geneve', overUdp(6081, '00 00 65 58 | 00 00 07 00', innerFrame)],
    [
      'in Geneve with options',
      'tunnels_geneve',
      overUdp(6081, '02 40 08 00 | 00 00 07 00 | 01 02 03 01 | 00 00 00 00', innerIpv4),
    ],
    // 3GPP TS 29.281
    ['in GTP-U', 'tunnels_gtp', overUdp(2152, '30 ff', uint16(innerIpv4.length), '00 00 00 07', innerIpv4)],
    [
      'in GTP-U with a sequence number',
      'tunnels_gtp',
      overUdp(2152, '32 ff', uint16(innerIpv4.length + 4), '00 00 00 07 | 00 01 00 00', innerIpv4),
    ],
    [
      'in GTP-U with two extension headers',
      'tunnels_gtp',
      overUdp(
        2152,
        '34 ff',
        uint16(innerIpv4.length + 16),
        '00 00 00 07 | 00 00 00 85 | 01 00 00 c0 | 02 00 00 00 00 00 00 00',
        innerIpv4,
      ),
    ],
    // RFC 2661
    ['in L2TP', 'tunnels_l2tp', overUdp(1701, '00 02 | 00 01 00 01 | ff 03 00 21', innerIpv4)],
    [
      'in L2TP with length, sequence numbers and an offset',
      'tunnels_l2tp',
      overUdp(1701, '4a 02 | 00 40 | 00 01 00 01 | 00 00 00 00 | 00 02 | 00 00 | 00 21', innerIpv4),
    ],
  ])('%s', (_, counter, packet) =>
    expect(decode(packet, linkType.raw)).toMatchObject({
      outcome: 'ok',
      packet: hex(innerIpv4),
      counted: { [counter]: 1 },
    }),
  );

  it.each([
    ['in 6in4', 'tunnels_6in4', ipv4(41, innerIpv6)],
    ['in IPv6 in IPv6', 'tunnels_6in4', ipv6(41, innerIpv6)],
    ['in GRE', 'tunnels_gre', ipv4(47, bytes('00 00 | 86 dd', innerIpv6))],
    ['in GTP-U', 'tunnels_gtp', overUdp(2152, '30 ff', uint16(innerIpv6.length), '00 00 00 07', innerIpv6)],
    // RFC 4380 section 5.1.1
    ['in Teredo', 'tunnels_teredo', overUdp(3544, innerIpv6)],
    ['in Teredo from a server', 'tunnels_teredo', ipv4(udpProtocol, udp(3544, 50_000, innerIpv6))],
    ['in Teredo with an origin', 'tunnels_teredo', overUdp(3544, '00 00 | 3c af | 3f ff fd fe', innerIpv6)],
    [
      'in Teredo with authentication and origin',
      'tunnels_teredo',
      overUdp(
        3544,
        '00 01 | 02 04 | aa bb | 01 02 03 04',
        zeros(8),
        '00 | 00 00 3c af 3f ff fd fe',
        innerIpv6,
      ),
    ],
  ])('of version 6 %s', (_, counter, packet) =>
    expect(decode(packet, linkType.raw)).toMatchObject({
      outcome: 'ok',
      packet: hex(innerIpv6),
      counted: { [counter]: 1 },
    }),
  );

  it('behind an authentication header (RFC 4302), which is no tunnel', () => {
    const transport = innerIpv4.subarray(20);
    const packet = ipv4(51, bytes('06 04 00 00', zeros(20), transport));
    expect(decode(packet, linkType.raw)).toMatchObject({
      outcome: 'ok',
      protocol: 6,
      payload: [1, 2, 3],
      counted: {},
    });
  });

  it('in several tunnels, one inside the other', () => {
    const gre = ipv4(47, bytes('00 00 | 08 00', innerIpv4));
    const vxlan = overUdp(4789, '08 00 00 00 | 00 00 07 00', ethernet(0x0800, gre));
    const counted = { tunnels_ip_in_ip: 1, tunnels_vxlan: 1, tunnels_gre: 1 };
    expect(decode(ethernet(0x0800, ipv4(4, vxlan)), linkType.ethernet)).toMatchObject({
      packet: hex(innerIpv4),
      counted,
    });
  });

  it('eight packets deep, and no deeper', () => {
    let packet = innerIpv4;
    for (let depth = 2; depth <= 8; depth++) packet = ipv4(4, packet);
    expect(decode(packet, linkType.raw)).toMatchObject({ packet: hex(innerIpv4) });
    expect(decode(ipv4(4, packet), linkType.raw).outcome).toBe('encapsulation_too_deep');
  });
});

describe('what only looks like a tunnel', () => {
  const initial = bytes('c3 00 00 00 01 | 08', zeros(1200));
  const dtls = bytes('16 fe fd 00 00 00 00 00 00 00 00 00 50', zeros(80));
  const ports = [1701, 2152, 3544, 4754, 4789, 4790, 6081, 6635, 8472];
  it.each(ports)('is plain UDP: QUIC and DTLS on port %i', (port) => {
    for (const content of [initial, dtls, zeros(0), zeros(8)]) {
      const packet = overUdp(port, content);
      expect(decode(packet, linkType.raw)).toMatchObject({
        outcome: 'ok',
        protocol: udpProtocol,
        packet: hex(packet),
        counted: {},
      });
    }
  });

  it('is plain UDP when no IP packet is inside, or only the beginning of one', () => {
    const contents = [ethernet(0x0806, zeros(28)), innerFrame.subarray(0, 30)];
    for (const content of contents) {
      const packet = overUdp(4789, '08 00 00 00 | 00 00 07 00', content);
      expect(decode(packet, linkType.raw)).toMatchObject({
        protocol: udpProtocol,
        packet: hex(packet),
      });
    }
  });

  it.each([
    ['GRE with the routing of RFC 1701', ipv4(47, bytes('40 00 | 08 00 | 00 00 00 00', innerIpv4)), 'not_ip'],
    ['GRE of a version that does not exist', ipv4(47, bytes('00 02 | 08 00', innerIpv4)), 'not_ip'],
    ['GRE that is cut off', ipv4(47, bytes('b0 00 | 08 00')), 'packet_truncated'],
    ['a PPTP acknowledgment', ipv4(47, bytes('20 81 | 88 0b | 00 00 00 07 | 00 00 00 01')), 'not_ip'],
    ['ARP in GRE', ipv4(47, bytes('00 00 | 08 06', zeros(28))), 'not_ip'],
  ])('is not followed: %s', (_, packet, outcome) => {
    expect(decode(packet, linkType.raw)).toMatchObject({ outcome, counted: {} });
  });
});
