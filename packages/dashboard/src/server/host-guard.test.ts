import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostAllowed, hostName, isLoopback } from './host-guard.ts';

describe('the Host header', () => {
  it.each(['localhost', 'localhost:8000', '127.0.0.1:8000', '127.8.8.8', '[::1]:8000', 'LOCALHOST:1'])(
    'allows %s',
    (host) => expect(hostAllowed(host, [])).toBe(true),
  );

  it.each([
    'rebind.example',
    'localhost.evil.example',
    'localhost@evil.example',
    '127.0.0.1.evil.example',
    '198.18.0.1',
    '[2001:db8::1]:8000',
    '',
    'localhost:8000:9',
    undefined,
  ])('refuses %s', (host) => expect(hostAllowed(host, [])).toBe(false));

  it('allows a configured name, whatever the case and port', () => {
    expect(hostAllowed('Analyst.Example:8000', ['analyst.example'])).toBe(true);
    expect(hostAllowed('other.example', ['analyst.example'])).toBe(false);
  });

  it('never throws, and never takes a name with markup or spaces for one', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const name = hostName(header);
        expect(name === undefined || !/[\s/@]/.test(name)).toBe(true);
      }),
    );
  });
});

describe('the listening address', () => {
  it('is loopback for 127.0.0.0/8, ::1 and localhost only', () => {
    expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost', '::ffff:127.0.0.1'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '198.18.0.1', 'example', ''].some(isLoopback)).toBe(false);
  });
});
