import type { PersonaName } from './personas.ts';

/** What people come for, as often as they do: many look at a page or two and are gone. */
export const habits: readonly PersonaName[] = [
  ...([
    'lander',
    'lander',
    'lander',
    'lander',
    'glancer',
    'glancer',
    'glancer',
    'returner',
    'returner',
  ] as const),
  ...(['stroller', 'stroller', 'searcher', 'searcher', 'window-shopper', 'buyer', 'buyer'] as const),
  ...(['reader', 'reader', 'follower', 'comparer', 'asker', 'joiner', 'idler'] as const),
];
