/** What an address block is used for. */
export type NetworkKind = 'access' | 'mobile' | 'vpn' | 'hosting' | 'cloud' | 'crawler';

/** One made-up operator with its blocks (RFC 2544, RFC 3849); ASNs are for documentation and private use. */
export interface AccessNetwork {
  readonly name: string;
  readonly asn: number;
  readonly country: string;
  readonly kind: NetworkKind;
  /** A /20: 4094 hosts. */
  readonly ipv4: string;
  /** A /48: homes and machines have a /64 each. */
  readonly ipv6: string;
}

function operator(
  ...[name, asn, country, kind, ipv4, ipv6]: [string, number, string, NetworkKind, string, string]
): AccessNetwork {
  return { name: `Testbed ${name}`, asn, country, kind, ipv4, ipv6 };
}

export const networks = {
  north: operator('Access North', 64500, 'DE', 'access', '198.18.16.0', '2001:db8:16::'),
  south: operator('Access South', 64501, 'FR', 'access', '198.18.32.0', '2001:db8:32::'),
  east: operator('Access East', 64503, 'PL', 'access', '198.18.64.0', '2001:db8:64::'),
  west: operator('Access West', 64504, 'GB', 'access', '198.18.80.0', '2001:db8:80::'),
  overseas: operator('Access Overseas', 64505, 'US', 'access', '198.18.96.0', '2001:db8:96::'),
  mobile: operator('Mobile', 64502, 'DE', 'mobile', '198.18.48.0', '2001:db8:48::'),
  roaming: operator('Mobile Roaming', 64506, 'ES', 'mobile', '198.18.112.0', '2001:db8:112::'),
  vpn: operator('VPN', 64512, 'CH', 'vpn', '198.19.32.0', '2001:db8:132::'),
  tunnel: operator('VPN Tunnel', 64516, 'SE', 'vpn', '198.19.64.0', '2001:db8:164::'),
  hosting: operator('Hosting', 64510, 'DE', 'hosting', '198.19.0.0', '2001:db8:100::'),
  racks: operator('Hosting Racks', 64514, 'NL', 'hosting', '198.19.80.0', '2001:db8:180::'),
  cloud: operator('Cloud', 64511, 'US', 'cloud', '198.19.16.0', '2001:db8:116::'),
  sky: operator('Cloud Sky', 64515, 'IE', 'cloud', '198.19.96.0', '2001:db8:196::'),
  crawler: operator('Crawler Co', 64513, 'US', 'crawler', '198.19.48.0', '2001:db8:148::'),
  index: operator('Crawler Index', 64517, 'CZ', 'crawler', '198.19.112.0', '2001:db8:1112::'),
} as const satisfies Record<string, AccessNetwork>;
export type NetworkName = keyof typeof networks;

/** The networks of some kinds, in the plan's order. */
export function networksOf(...kinds: readonly NetworkKind[]): NetworkName[] {
  return (Object.keys(networks) as NetworkName[]).filter((name) => kinds.includes(networks[name].kind));
}

/** An IPv4 address of a network: host 0 is its first usable address, each network has 4094. */
export function ipv4Of(network: NetworkName, host: number): string {
  const octets = networks[network].ipv4.split('.').map(Number);
  const offset = host + 1;
  return `${octets[0]}.${octets[1]}.${(octets[2] ?? 0) + (offset >> 8)}.${offset & 255}`;
}

/** An IPv6 address of a network, in a /64 that is the host's alone. */
export function ipv6Of(network: NetworkName, host: number): string {
  return `${networks[network].ipv6.slice(0, -1)}${(host + 1).toString(16)}::${(0x1000 + host * 7).toString(16)}`;
}

/** The plan as it lies beside a recording, so that ASN, country and kind of an address can be told. */
export function networksCsv(): string {
  const lines = Object.values(networks).flatMap(({ name, asn, country, kind, ipv4, ipv6 }) =>
    [`${ipv4}/20`, `${ipv6}/48`].map((prefix) => [prefix, asn, name, country, kind].join(',')),
  );
  return `prefix,asn,name,country,kind\n${lines.map((line) => `${line}\n`).join('')}`;
}
