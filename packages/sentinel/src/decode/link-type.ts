/** Link types by their number in capture files. Source: tcpdump.org/linktypes.html. */
export const linkType = {
  bsdNull: 0,
  ethernet: 1,
  ppp: 9,
  fddi: 10,
  rawOpenBsd: 12,
  rawOther: 14,
  pppHdlc: 50,
  pppoe: 51,
  raw: 101,
  ciscoHdlc: 104,
  ieee80211: 105,
  frameRelay: 107,
  bsdLoop: 108,
  openBsdEnc: 109,
  linuxCooked: 113,
  pflog: 117,
  ieee80211Prism: 119,
  ieee80211Radiotap: 127,
  /** The number of {@link pktap} before it had one. */
  pktapUser: 149,
  ieee80211Avs: 163,
  pppPppd: 166,
  ppi: 192,
  pppWithDirection: 204,
  ciscoHdlcWithDirection: 205,
  frameRelayWithDirection: 206,
  mpls: 219,
  ipnet: 226,
  ipv4: 228,
  ipv6: 229,
  nflog: 239,
  netAnalyzer: 240,
  ipOverInfiniband: 242,
  pktap: 258,
  linuxCooked2: 276,
  broadcomTag: 281,
  broadcomTagPrepended: 282,
  marvellTag: 284,
  marvellEtherTypeTag: 285,
  /** In no file: `etherType + n` is a packet that starts with what EtherType n names (live capture). */
  etherType: 0x10000,
  /** In no file: IEEE 802.2, with Linux's number for it among the EtherTypes (`ETH_P_802_2`). */
  llc: 0x10004,
  /** In no file: the packets of an 802.11 A-MSDU. */
  aggregate: 0x20000,
} as const;

/** What an EtherType says follows, in the numbers of {@link linkType}. */
export function afterEtherType(etherType: number): number {
  return linkType.etherType + etherType;
}
