import { type ErrandOptions, paces } from './errand.ts';
import type { ProgramKind } from './kind.ts';
import { nodeScript, script } from './scripts.ts';

const impit = (browser: string, headers: 'own' | 'errand' = 'own') =>
  nodeScript('impit-client.js', /^Mozilla\/5\.0 /, ['impit'], [browser, headers]);
const gotScraping = (browser: string) =>
  nodeScript('got-scraping-client.js', /^Mozilla\/5\.0 /, ['got-scraping'], [browser]);
const generated = (library: 'axios' | 'undici') =>
  nodeScript(
    'generated-headers-client.js',
    /^Mozilla\/5\.0 /,
    ['header-generator', 'axios', 'undici'],
    [library],
  );

/** People do not take turns with ids: the aims and the pace of somebody who wants to look like one. */
const discreet: ErrandOptions = { aims: ['list', 'walk'], pace: [2, 12], robots: 0 };

/** Programs that send a browser's headers, hello or both without being one. */
export const impersonation = {
  'impit-chrome': script(impit('chrome151'), { robots: 0 }),
  'impit-firefox': script(impit('firefox144'), { robots: 0 }),
  'impit-safari': script(impit('ios18'), { ...discreet, amounts: [4, 15], origin: 'rotating' }),
  'impit-android': {
    ...script(impit('okhttp5'), { aims: ['api', 'search'], pace: paces.brisk, robots: 0 }),
    agent: /^okhttp\//,
  },
  /** A few pages from each of many homes, all with one build's hello. */
  'impit-fleet': script(impit('chrome142'), { ...discreet, amounts: [3, 8], origin: 'fleet' }),
  /** One browser's hello under another's headers. */
  'impit-mismatch': script(impit('firefox144', 'errand'), { manner: 'chrome', robots: 0 }),
  'got-scraping-chrome': script(gotScraping('chrome'), { robots: 0 }),
  'got-scraping-firefox': script(gotScraping('firefox'), {
    ...discreet,
    amounts: [4, 15],
    origin: 'rotating',
  }),
  'generated-headers-axios': script(generated('axios'), { robots: 0 }),
  'generated-headers-undici': script(generated('undici'), { robots: 0, origin: 'rotating' }),
} as const satisfies Record<string, ProgramKind>;
