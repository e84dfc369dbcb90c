import { describe, expect, it } from 'vitest';
import { linkType } from './frame.ts';
import { afterEtherType } from './link-type.ts';
import { bytes, decode, ethernet, hex, innerIpv4, innerIpv6, uint16 } from './packets.test-support.ts';

const found = (packet: Uint8Array) => ({ outcome: 'ok', packet: hex(packet), more: false });
const zeros = (count: number) => new Uint8Array(count);

describe('an IP packet is found', () => {
  const ppp = (...parts: Parameters<typeof bytes>) => bytes(...parts, innerIpv4);
  const length = uint16(innerIpv4.length + 2);
  const [littleLength, bigLength] = [length.toReversed(), length].map((order) => {
    const value = innerIpv4.length + 4;
    return order === length ? uint16(value) : uint16(value).toReversed();
  });

  it.each([
    // RFC 1661, RFC 1662
    ['in PPP with HDLC-like framing', linkType.ppp, ppp('ff 03 | 00 21')],
    ['in PPP without framing', linkType.ppp, ppp('00 21')],
    ['in PPP with a compressed protocol field', linkType.ppp, ppp('21')],
    ['in PPP with framing and a compressed protocol field', linkType.pppHdlc, ppp('ff 03 | 21')],
    ['in Cisco HDLC under the number of PPP', linkType.pppHdlc, ppp('0f 00 | 08 00')],
    ['in PPP of pppd, with a direction', linkType.pppPppd, ppp('01 03 | 00 21')],
    ['in PPP with a direction of its own', linkType.pppWithDirection, ppp('00 | ff 03 | 00 21')],
    [
      'in an Ethernet frame bridged over PPP (RFC 3518)',
      linkType.ppp,
      bytes('00 31 | 00 01', ethernet(0x0800, innerIpv4)),
    ],
    // RFC 2516
    ['in PPPoE', linkType.pppoe, ppp('11 00 | 00 01', length, '00 21')],
    ['in PPPoE on Ethernet', linkType.ethernet, ethernet(0x8864, ppp('11 00 | 00 01', length, '00 21'))],
    [
      'in PPPoE in a VLAN',
      linkType.ethernet,
      ethernet(0x8100, ppp('00 07 | 88 64 | 11 00 | 00 01', length, '00 21')),
    ],
    // RFC 1547 section 4.3.1
    ['in Cisco HDLC', linkType.ciscoHdlc, ppp('8f 00 | 08 00')],
    ['in Cisco HDLC with a direction', linkType.ciscoHdlcWithDirection, ppp('00 | 0f 00 | 08 00')],
    // RFC 2427
    ['in frame relay', linkType.frameRelay, ppp('18 41 | 03 | cc')],
    ['in frame relay, padded', linkType.frameRelay, ppp('18 41 | 03 00 | cc')],
    ['in frame relay with an address of 4 bytes', linkType.frameRelay, ppp('18 40 00 01 | 03 | cc')],
    ['in frame relay with SNAP', linkType.frameRelay, ppp('18 41 | 03 00 | 80 | 00 00 00 | 08 00')],
    [
      'in an Ethernet frame bridged over frame relay',
      linkType.frameRelay,
      bytes('18 41 | 03 00 | 80 | 00 80 c2 | 00 07', ethernet(0x0800, innerIpv4)),
    ],
    ['in frame relay as Cisco has it', linkType.frameRelay, ppp('18 41 | 08 00')],
    ['in frame relay with a direction', linkType.frameRelayWithDirection, ppp('01 | 18 41 | 03 | cc')],
    // tcpdump.org/linktypes
    ['in NFLOG', linkType.nflog, ppp('02 00 00 00 | 08 00 01 00 08 00 01 00', littleLength!, '09 00')],
    [
      'in NFLOG of a big-endian machine',
      linkType.nflog,
      ppp('02 00 00 00 | 00 05 00 0a 61 00 00 00', bigLength!, '00 09'),
    ],
    ['in PFLOG', linkType.pflog, ppp('3d 02 00 00', zeros(60))],
    ['in the pseudo-header of OpenBSD’s IPsec', linkType.openBsdEnc, ppp('00 00 00 02', zeros(8))],
    ['in PKTAP', linkType.pktap, ppp('6c 00 00 00 | 01 00 00 00 | 0c 00 00 00', zeros(96))],
    [
      'in the frames of frame relay devices, captured cooked',
      linkType.linuxCooked,
      ppp('00 00 | 03 02', zeros(12), '18 41 | 03 | cc'),
    ],
    ['in a cooked frame with a VLAN tag', linkType.linuxCooked, ppp(zeros(14), '81 00 | 00 07 | 08 00')],
    [
      'in a cooked frame of version 2 with a VLAN tag',
      linkType.linuxCooked2,
      ppp('81 00', zeros(18), '00 07 | 08 00'),
    ],
    // IEEE 802.2, RFC 1042
    ['in 802.3 with LLC and SNAP', linkType.ethernet, ethernet(0x0040, ppp('aa aa 03 | 00 00 00 | 08 00'))],
    ['in 802.3 with LLC alone', linkType.ethernet, ethernet(0x0040, ppp('06 06 03'))],
    ['in 802.3 with a network layer identifier', linkType.ethernet, ethernet(0x0040, ppp('fe fe 03 | cc'))],
    [
      'in 802.3 in a VLAN',
      linkType.ethernet,
      ethernet(0x8100, ppp('00 07 | 00 40 | aa aa 03 | 00 00 00 | 08 00')),
    ],
    // Tags
    [
      'behind two VLAN tags (802.1ad)',
      linkType.ethernet,
      ethernet(0x88a8, ppp('00 07 | 81 00 | 00 08 | 08 00')),
    ],
    [
      'behind VLAN tags from before the standard',
      linkType.ethernet,
      ethernet(0x9100, ppp('00 07 | 81 00 | 00 08 | 08 00')),
    ],
    ['behind a VN-tag', linkType.ethernet, ethernet(0x8926, ppp('00 00 00 07 | 08 00'))],
    ['behind an E-tag (802.1BR)', linkType.ethernet, ethernet(0x893f, ppp('00 00 00 07 00 00 | 08 00'))],
    ['behind Cisco’s metadata', linkType.ethernet, ethernet(0x8909, ppp('01 01 00 01 00 07 | 08 00'))],
    [
      'in a customer’s frame inside a provider’s (802.1ah)',
      linkType.ethernet,
      ethernet(0x88e7, bytes('00 00 00 07', ethernet(0x0800, innerIpv4))),
    ],
    ['in FabricPath', linkType.ethernet, ethernet(0x8903, bytes('00 40', ethernet(0x0800, innerIpv4)))],
    ['in MACsec without encryption', linkType.ethernet, ethernet(0x88e5, ppp('00 00 | 00 00 00 01 | 08 00'))],
    [
      'in MACsec with a channel identifier',
      linkType.ethernet,
      ethernet(0x88e5, ppp('20 00 | 00 00 00 01 | 02 00 00 00 00 01 00 01 | 08 00')),
    ],
    // RFC 8300
    ['behind a network service header', linkType.ethernet, ethernet(0x894f, ppp('0f c6 | 01 01', zeros(20)))],
    // RFC 3032, RFC 4385
    ['behind an MPLS label', linkType.ethernet, ethernet(0x8847, ppp('00 01 01 40'))],
    [
      'behind three MPLS labels',
      linkType.ethernet,
      ethernet(0x8848, ppp('00 01 00 40 00 02 00 40 00 03 01 40')),
    ],
    [
      'in an MPLS pseudowire with a control word',
      linkType.ethernet,
      ethernet(0x8847, bytes('00 01 01 40 | 00 00 00 00', ethernet(0x0800, innerIpv4))),
    ],
    [
      'in an MPLS pseudowire without a control word, whose address begins with 0',
      linkType.ethernet,
      ethernet(0x8847, bytes('00 01 01 40', ethernet(0x0800, innerIpv4))),
    ],
    [
      'in an MPLS pseudowire whose address begins with 4, like IPv4',
      linkType.ethernet,
      ethernet(0x8847, bytes('00 01 01 40 | 40 00 00 00 00 02 02 00 00 00 00 01 08 00', innerIpv4)),
    ],
    ['in MPLS frames of a capture', linkType.mpls, ppp('00 01 01 40')],
    ['in FDDI', linkType.fddi, ppp('50', zeros(12), 'aa aa 03 | 00 00 00 | 08 00')],
    ['behind the tag of a Broadcom switch', linkType.broadcomTag, ppp(zeros(12), '00 00 00 07 | 08 00')],
    [
      'behind such a tag in front',
      linkType.broadcomTagPrepended,
      bytes(zeros(4), ethernet(0x0800, innerIpv4)),
    ],
    ['behind the tag of a Marvell switch', linkType.marvellTag, ppp(zeros(12), '40 08 00 00 | 08 00')],
    [
      'behind such a tag with an EtherType',
      linkType.marvellEtherTypeTag,
      ppp(zeros(12), 'da da 00 00 40 08 00 00 | 08 00'),
    ],
    ['in Ethernet of netANALYZER', linkType.netAnalyzer, bytes(zeros(4), ethernet(0x0800, innerIpv4))],
    ['in IP over InfiniBand', linkType.ipOverInfiniband, ppp(zeros(40), '08 00 00 00')],
    ['in IPNET of Solaris', linkType.ipnet, ppp('01 02', zeros(22))],
    ['in MPLS over PPP', linkType.ppp, ppp('02 81 | 00 01 01 40')],
  ])('%s', (_, type, frame) => expect(decode(frame, type)).toMatchObject(found(innerIpv4)));

  it.each([
    ['in PPP', linkType.ppp, bytes('ff 03 | 00 57', innerIpv6)],
    ['in frame relay', linkType.frameRelay, bytes('18 41 | 03 | 8e', innerIpv6)],
    ['in Cisco HDLC', linkType.ciscoHdlc, bytes('0f 00 | 86 dd', innerIpv6)],
    ['behind an MPLS label', linkType.ethernet, ethernet(0x8847, bytes('00 02 01 40', innerIpv6))],
    ['in live capture, by its EtherType', afterEtherType(0x86dd), innerIpv6],
    ['in live capture, behind a VLAN tag', afterEtherType(0x8100), bytes('00 07 | 86 dd', innerIpv6)],
  ])('of version 6 %s', (_, type, frame) => expect(decode(frame, type)).toMatchObject(found(innerIpv6)));

  it('without the padding behind a PPPoE frame', () => {
    const frame = ethernet(0x8864, bytes('11 00 | 00 01', length, '00 21', innerIpv4, zeros(9)));
    expect(decode(frame, linkType.ethernet)).toMatchObject(found(innerIpv4));
  });
});

describe('a frame that holds no readable packet is told by its reason', () => {
  it.each([
    ['PPPoE discovery', linkType.pppoe, bytes('11 09 | 00 00 | 00 04 | 01 01 00 00'), 'not_ip'],
    ['PPP’s own control protocols', linkType.ppp, bytes('ff 03 | c0 21 | 01 01 00 04'), 'not_ip'],
    ['encrypted PPP (RFC 1968)', linkType.ppp, bytes('ff 03 | 00 53 | 01 02 03 04'), 'frame_encrypted'],
    [
      'encrypted MACsec',
      linkType.ethernet,
      ethernet(0x88e5, bytes('2c 00 | 00 00 00 01', zeros(40))),
      'frame_encrypted',
    ],
    ['spanning tree', linkType.ethernet, ethernet(38, bytes('42 42 03', zeros(35))), 'not_ip'],
    [
      'an MPLS pseudowire’s own channel',
      linkType.mpls,
      bytes('00 01 01 40 | 10 00 00 07', zeros(40)),
      'not_ip',
    ],
    ['a stack of labels without an end', linkType.mpls, zeros(200), 'not_ip'],
    ['a frame relay address without an end', linkType.frameRelay, zeros(20), 'not_ip'],
    [
      'netlink messages, captured cooked',
      linkType.linuxCooked,
      bytes('00 04 | 03 38', zeros(12), innerIpv4),
      'not_ip',
    ],
    ['NFLOG with an attribute of no length', linkType.nflog, bytes('02 00 00 00', zeros(40)), 'not_ip'],
    ['NFLOG without a packet', linkType.nflog, bytes('02 00 00 00 | 08 00 01 00 08 00 01 00'), 'not_ip'],
    ['a network service header of no length', linkType.ethernet, ethernet(0x894f, zeros(40)), 'not_ip'],
    [
      'PKTAP of a link type that is not read',
      linkType.pktap,
      bytes('0c 00 00 00 | 01 00 00 00 | 93 00 00 00 | 00'),
      'link_type_unsupported',
    ],
  ])('%s', (_, type, frame, outcome) => expect(decode(frame, type).outcome).toBe(outcome));
});
