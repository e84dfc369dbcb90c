import { type ClientName, clients } from '../clients/clients.ts';
import type { ClientKind } from '../clients/kind.ts';
import { missing } from '../clients/needs.ts';
import type { Random } from '../random.ts';
import { ci } from './ci.ts';
import { firstContact } from './first-contact.ts';
import { full } from './full.ts';
import type { Kinds, Scenario } from './plan.ts';
import { rollCall } from './roll-call.ts';
import { smoke } from './smoke.ts';

/** Every scenario by the name that `--scenario` takes: a plan that follows from chance and the kinds there are. */
export const scenarios = {
  smoke,
  'roll-call': rollCall,
  ci,
  'first-contact': firstContact,
  full,
} as const satisfies Record<string, (random: Random, kinds: Kinds) => Scenario>;
export type ScenarioName = keyof typeof scenarios;

export function isScenario(name: string): name is ScenarioName {
  return Object.hasOwn(scenarios, name);
}

/** A kind that this machine lacks something for. */
export interface LeftOut {
  readonly client: ClientName;
  readonly why: string;
}

/** The kinds that can run on this machine, and the others with what they lack. */
export function availableKinds(): { kinds: Kinds; leftOut: readonly LeftOut[] } {
  const kinds = new Map<ClientName, ClientKind>();
  const leftOut: LeftOut[] = [];
  for (const [client, kind] of Object.entries(clients) as [ClientName, ClientKind][]) {
    const why = missing(kind.needs);
    if (why === undefined) kinds.set(client, kind);
    else leftOut.push({ client, why });
  }
  return { kinds, leftOut };
}
