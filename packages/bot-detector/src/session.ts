import { type BrowserVerdict, browserVerdict } from './browser/axes.ts';

/** A visitor on one host: what the features' view says of one source address and client stack. */
export interface Session {
  /** Canonical text, seconds since 1970. */
  readonly srcIp: string;
  readonly tlsStack: string;
  readonly ja4: string;
  readonly host: string;
  readonly windowStart: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly hits: number;
  /** Whether a handshake was seen. */
  readonly correlated: boolean;
  readonly userAgent: string;
  readonly botName: string;
  readonly browserFamily: string;
  /** What the reference lists say the TLS stack is: browser, tool, or '' when they do not know it. */
  readonly tlsContext: string;
  readonly h2Fingerprint: string;
  readonly h2Family: string;
  readonly h2Context: string;
  readonly asn: {
    readonly number: number;
    readonly name: string;
    readonly org: string;
    readonly domain: string;
    readonly country: string;
    /** human, isp, hosting, vpn, …; '' when unknown. */
    readonly label: string;
  };
  /** Features of the catalogue by name; NaN or absent = missing. */
  readonly features: ReadonlyMap<string, number>;
}

/** A session with what its layers look like. */
export interface JudgedSession {
  readonly session: Session;
  readonly requests: number;
  readonly browser: BrowserVerdict;
  feature(name: string): number;
}

export function judge(session: Session): JudgedSession {
  const feature = (name: string) => session.features.get(name) ?? Number.NaN;
  const browser = browserVerdict({
    tlsStack: session.tlsStack,
    ja4: session.ja4,
    browserFamily: session.browserFamily,
    tlsContext: session.tlsContext,
    h2Fingerprint: session.h2Fingerprint,
    h2Family: session.h2Family,
    h2Context: session.h2Context,
    userAgent: session.userAgent,
    hits: session.hits,
    feature,
  });
  return { session, requests: session.hits, browser, feature };
}
