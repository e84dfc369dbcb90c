import type { Random } from '../random.ts';

/** Headers in the order in which a program sets them. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** What a program says it is: its library's own headers, a browser's name alone, or a browser's whole set. */
export type Manner = 'own' | 'agent' | 'chrome' | 'firefox';

interface Desktop {
  readonly chrome: string;
  readonly firefox: string;
  /** Value of Sec-CH-UA-Platform. */
  readonly platform: string;
}

const desktops: readonly Desktop[] = [
  { chrome: 'Windows NT 10.0; Win64; x64', firefox: 'Windows NT 10.0; Win64; x64', platform: '"Windows"' },
  {
    chrome: 'Macintosh; Intel Mac OS X 10_15_7',
    firefox: 'Macintosh; Intel Mac OS X 10.15',
    platform: '"macOS"',
  },
  { chrome: 'X11; Linux x86_64', firefox: 'X11; Linux x86_64', platform: '"Linux"' },
];
const languages = ['en-US,en;q=0.9', 'en-GB,en;q=0.9', 'de-DE,de;q=0.9,en;q=0.7', 'fr-FR,fr;q=0.9,en;q=0.8'];

export function chromeAgent(desktop: string, version: number): string {
  return `Mozilla/5.0 (${desktop}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`;
}

export function firefoxAgent(desktop: string, version: number): string {
  return `Mozilla/5.0 (${desktop}; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`;
}

/** Mostly current versions; copied header sets age. */
const chromeVersion = (random: Random) => (random.chance(0.6) ? 156 : random.integer(120, 155));
const firefoxVersion = (random: Random) => (random.chance(0.6) ? 153 : random.integer(115, 152));

function chrome(random: Random): Headers {
  const desktop = random.pick(desktops);
  const version = chromeVersion(random);
  return [
    ['sec-ch-ua', `"Not:A-Brand";v="8", "Chromium";v="${version}", "Google Chrome";v="${version}"`],
    ['sec-ch-ua-mobile', '?0'],
    ['sec-ch-ua-platform', desktop.platform],
    ['Upgrade-Insecure-Requests', '1'],
    ['User-Agent', chromeAgent(desktop.chrome, version)],
    [
      'Accept',
      'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
    ],
    ['Sec-Fetch-Site', 'none'],
    ['Sec-Fetch-Mode', 'navigate'],
    ['Sec-Fetch-User', '?1'],
    ['Sec-Fetch-Dest', 'document'],
    ['Accept-Encoding', 'gzip, deflate'],
    ['Accept-Language', random.pick(languages)],
  ];
}

function firefox(random: Random): Headers {
  return [
    ['User-Agent', firefoxAgent(random.pick(desktops).firefox, firefoxVersion(random))],
    ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
    ['Accept-Language', random.pick(languages)],
    ['Accept-Encoding', 'gzip, deflate'],
    ['Upgrade-Insecure-Requests', '1'],
    ['Sec-Fetch-Dest', 'document'],
    ['Sec-Fetch-Mode', 'navigate'],
    ['Sec-Fetch-Site', 'none'],
    ['Sec-Fetch-User', '?1'],
    ['Priority', 'u=0, i'],
  ];
}

/** The headers that a manner adds to what the program sends by itself. */
export function pretence(manner: Manner, random: Random): Headers {
  switch (manner) {
    case 'own':
      return [];
    case 'agent': {
      const [agent] = (random.chance(0.7) ? chrome(random) : firefox(random)).filter(
        ([name]) => name === 'User-Agent',
      );
      return agent ? [agent] : [];
    }
    case 'chrome':
      return chrome(random);
    case 'firefox':
      return firefox(random);
  }
}
