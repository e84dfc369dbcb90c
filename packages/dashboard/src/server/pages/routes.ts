import type { PageRoute } from '../routes.ts';
import { fingerprintPage } from './fingerprint.ts';
import { helpPage } from './help.ts';
import { overviewPage } from './overview.ts';
import { pipelinePage } from './pipeline.ts';
import { searchPage } from './search.ts';
import { trafficPage } from './traffic.ts';
import { detectionsPage, scoresPage } from './verdicts.ts';
import { visitorPage } from './visitor.ts';

export const pageRoutes: readonly PageRoute[] = [
  overviewPage,
  detectionsPage,
  scoresPage,
  trafficPage,
  visitorPage,
  fingerprintPage,
  pipelinePage,
  helpPage,
  searchPage,
];
