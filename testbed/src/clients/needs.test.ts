import { describe, expect, it } from 'vitest';
import { clients } from './clients.ts';
import { type ClientKind, isProgram } from './kind.ts';
import { missing, npmPackage, program, pythonModule } from './needs.ts';

describe('what a client needs', () => {
  it('is not missing where it is present', () => {
    expect(missing([program('sh', 'dash'), program('/bin/sh', 'dash')])).toBeUndefined();
    expect(missing([])).toBeUndefined();
  });

  it('is named with the command that brings it where it is absent', () => {
    const absent = [
      program('no-such-program', 'no-such-package'),
      pythonModule('no_such_module', 'python3-no-such'),
      npmPackage('no-such-library'),
    ];
    expect(missing(absent)).toBe(
      'needs no-such-program, install with apt-get install no-such-package; ' +
        'needs python3 no_such_module, install with apt-get install python3-no-such; ' +
        'needs no-such-library, install with npm ci --prefix testbed',
    );
  });

  it('has the version that is installed, or none', () => {
    expect(program('sh', 'dash').version()).toMatch(/^\d/);
    expect(program('no-such-program', 'no-such-package').version()).toBeUndefined();
  });
});

describe('the kinds of clients', () => {
  const kinds: readonly (readonly [string, ClientKind])[] = Object.entries(clients);
  const named = (label: string) => kinds.filter(([, kind]) => kind.label === label);

  it('are at least nine robots and sixty bots besides people', () => {
    expect(named('robot').length).toBeGreaterThanOrEqual(9);
    expect(named('bot').length).toBeGreaterThanOrEqual(60);
    expect(named('person').length).toBeGreaterThanOrEqual(4);
  });

  it('come from one address, from one after the other, and from many at once', () => {
    const origins = new Set(kinds.flatMap(([, kind]) => (isProgram(kind) ? [kind.origin] : [])));
    expect([...origins].sort()).toEqual(['address', 'fleet', 'rotating']);
  });

  it.each(kinds)('%s has a range of amounts that can be drawn from', (_, kind) => {
    if (!isProgram(kind)) return;
    const [least, most] = kind.amounts;
    expect(least).toBeGreaterThanOrEqual(1);
    expect(most).toBeGreaterThanOrEqual(least);
  });
});
