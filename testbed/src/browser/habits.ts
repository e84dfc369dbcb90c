import type { PersonaName } from './personas.ts';

/** What people come for, as often as they do. */
export const habits: readonly PersonaName[] = [
  ...([
    'stroller',
    'stroller',
    'stroller',
    'searcher',
    'searcher',
    'window-shopper',
    'window-shopper',
  ] as const),
  ...(['buyer', 'buyer', 'lander', 'lander', 'lander', 'comparer', 'reader', 'reader', 'follower'] as const),
  ...(['asker', 'joiner', 'idler', 'returner', 'returner'] as const),
];
