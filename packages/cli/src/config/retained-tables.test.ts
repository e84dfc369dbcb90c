import { migratedRetention } from '@ja4/store';
import { expect, it } from 'vitest';
import { retainedTables } from './schema.ts';

it('has a key of retention for exactly the tables whose rows expire', () => {
  expect([...retainedTables].toSorted()).toEqual([...migratedRetention().keys()].toSorted());
});
