export type { CycleOptions, CycleReport, Mode, ModelName, ModelReport } from './cycle.ts';
export { runCycle } from './cycle.ts';
export type { DetectorOptions, Service } from './detector.ts';
export { startDetector } from './detector.ts';
export type { EvaluateOptions, EvaluationReport, Interval, Separation } from './evaluation/evaluate.ts';
export { evaluate } from './evaluation/evaluate.ts';
export type { ScoreLevel, ThreatLevel } from './levels.ts';
export { detectionCut, levelCuts, threatLevels } from './levels.ts';
