export type { Mode } from './baseline.ts';
export type { CycleOptions, CycleReport, ModelReport } from './cycle.ts';
export { runCycle } from './cycle.ts';
export type { DetectorOptions, Service } from './detector.ts';
export { startDetector } from './detector.ts';
export type { Interval } from './evaluation/bootstrap.ts';
export { evaluate } from './evaluation/evaluate.ts';
export type { EvaluateOptions, EvaluationReport, Separation } from './evaluation/report.ts';
export { areaUnderCurve } from './evaluation/separation.ts';
export {
  type Forest,
  type ForestOptions,
  forestScores,
  growForest,
  type Matrix,
} from './forest/isolation-forest.ts';
export type { ScoreLevel, ThreatLevel } from './levels.ts';
export { detectionCut, levelCuts, threatLevels } from './levels.ts';
export type { ModelName } from './model.ts';
export { gaussian, seededRandom } from './random.ts';
