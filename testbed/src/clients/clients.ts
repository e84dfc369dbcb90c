import { automation } from './automation.ts';
import { fetchers } from './fetchers.ts';
import { impersonation } from './impersonation.ts';
import type { ClientKind } from './kind.ts';
import { loadTools } from './load.ts';
import { chromiumScraper, people } from './people.ts';
import { textPeople } from './people-text.ts';
import { robots } from './robots.ts';
import { scanners } from './scanners.ts';
import { scripts } from './scripts.ts';

/** Every client by the name that labels use. */
export const clients = {
  ...people,
  ...textPeople,
  'chromium-scraper': chromiumScraper,
  ...robots,
  ...fetchers,
  ...scripts,
  ...scanners,
  ...loadTools,
  ...impersonation,
  ...automation,
} as const satisfies Record<string, ClientKind>;
export type ClientName = keyof typeof clients;
