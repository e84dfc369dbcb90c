/** One-sentence explanations of the words that pages use; the help page lists them all. */
export interface Term {
  /** As it is written in a sentence. */
  readonly name: string;
  readonly sentence: string;
}

export const terms = {
  visitor: {
    name: 'Visitor',
    sentence: 'One network address; several people can share one, and one person can have several.',
  },
  session: {
    name: 'Session',
    sentence:
      'What one address did with one client stack on one host; each session gets its own score, and a visitor is shown with the most urgent one.',
  },
  score: {
    name: 'Score',
    sentence:
      'From 0 to 1, how unusual a session is compared with the people of this site: 0.90 is what about one person in ten thousand would reach, reckoned from those seen so far. It measures difference, not harm.',
  },
  level: {
    name: 'Level',
    sentence:
      'The score in words, or the rule that decided: NORMAL, LOW, MEDIUM, HIGH, CRITICAL, KNOWN BOT, DENIED and LEGITIMATE.',
  },
  baseline: {
    name: 'Baseline',
    sentence:
      'The sessions of this site that the model takes for people; every value is compared with the band in which 90 % of them lie (p5 to p95).',
  },
  contribution: {
    name: 'Contribution',
    sentence:
      'What one feature adds to the score; the contributions of all features together make the score up.',
  },
  provisional: {
    name: 'Provisional',
    sentence:
      'The site is too new for a full baseline, so only rules and coherence speak and a score may still change a lot.',
  },
  mode: {
    name: 'Mode',
    sentence:
      'How much the detector knows of this site: learning (rules and coherence only), trimmed (a first, cleaned baseline), full.',
  },
  ja4: {
    name: 'JA4',
    sentence:
      'A fingerprint of the first TLS message of a client: the same program gives the same one, but resumption, WebSocket and QUIC give one program several.',
  },
  tls_stack: {
    name: 'Client stack',
    sentence:
      'JA4 without what changes from connection to connection, so that one browser keeps one value; sessions and comparisons use it.',
  },
  http2: {
    name: 'HTTP/2 fingerprint',
    sentence:
      'The settings, window size, priorities and order of pseudo-headers a client begins HTTP/2 with; browsers and tools differ in them.',
  },
  asn: {
    name: 'Network (AS)',
    sentence:
      'The organisation that announces the address on the internet: an access provider, a hoster, a VPN.',
  },
  joined: {
    name: 'Joined',
    sentence:
      'A request for which the TLS handshake of its connection was seen, so that all layers can be compared.',
  },
  loss: {
    name: 'Loss',
    sentence:
      'Packets, events or rows that were dropped where a queue was full; every place counts what it drops.',
  },
  lag: {
    name: 'Lag',
    sentence: 'How long ago the newest request that reached the store was made.',
  },
  known_bot: {
    name: 'Known bot',
    sentence:
      'A robot that says who it is and comes from its operator’s own network, such as a search engine.',
  },
  legitimate: {
    name: 'Legitimate browser',
    sentence: 'A browser whose layers agree with each other and that navigates over time as people do.',
  },
  browser_confidence: {
    name: 'Browser confidence',
    sentence:
      'From 0 to 1, how much of a session’s evidence, on six axes and without the User-Agent, is a browser’s.',
  },
  model: {
    name: 'Model',
    sentence:
      'Complet judges sessions whose TLS handshake was seen, Applicatif those of which only the requests are known.',
  },
  recurrence: {
    name: 'Recurrence',
    sentence: 'How often the same visitor was detected in the last seven days.',
  },
  campaign: {
    name: 'Campaign',
    sentence: 'Visitors from several networks that behave alike and share a second signal, seen as one.',
  },
  eif: {
    name: 'Isolation forest',
    sentence:
      'The part of the model that asks how few cuts are needed to set a session apart from all others.',
  },
  coherence: {
    name: 'Coherence',
    sentence: 'Whether TCP, TLS, HTTP/2, headers and behaviour describe one and the same client.',
  },
} as const satisfies Record<string, Term>;

export type TermName = keyof typeof terms;
