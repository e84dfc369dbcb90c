export { byName, features } from './catalogue.ts';
export type { Feature, Layer, Unit } from './feature.ts';
