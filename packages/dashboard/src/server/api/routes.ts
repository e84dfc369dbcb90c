import type { ApiRoute } from '../routes.ts';
import { featuresRoute } from './features.ts';
import { healthRoute } from './health.ts';
import { detectionsRoute, scoresRoute, trafficRoute } from './lists.ts';
import { overviewRoute, pipelineRoute, timelineRoute } from './overview.ts';
import { fingerprintRoute, visitorRoute } from './visitor.ts';

export const apiRoutes: readonly ApiRoute[] = [
  overviewRoute,
  timelineRoute,
  detectionsRoute,
  scoresRoute,
  trafficRoute,
  visitorRoute,
  fingerprintRoute,
  featuresRoute,
  pipelineRoute,
  healthRoute,
];
