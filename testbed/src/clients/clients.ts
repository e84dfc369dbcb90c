import { chromiumPerson, chromiumScraper, firefoxPerson } from './browsers.ts';
import type { ClientKind } from './kind.ts';
import * as tools from './tools.ts';

/** Every client by the name that labels use. */
export const clients = {
  chromium: chromiumPerson,
  firefox: firefoxPerson,
  'chromium-scraper': chromiumScraper,
  'curl-loop': tools.curlLoop,
  'wget-mirror': tools.wgetMirror,
  'requests-scraper': tools.requestsScraper,
  'httpx-scraper': tools.httpxScraper,
  'go-scraper': tools.goScraper,
  'go-spread': tools.goSpread,
  'java-scraper': tools.javaScraper,
  gobuster: tools.gobuster,
  dirb: tools.dirb,
  hydra: tools.hydra,
  crawler: tools.crawler,
  'feed-reader': tools.feedReader,
  probe: tools.probe,
} as const satisfies Record<string, ClientKind>;
export type ClientName = keyof typeof clients;
