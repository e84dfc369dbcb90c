import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDynamic } from '../site/dynamic-paths.ts';
import { type Aim, errand, pathsOf } from './errand.ts';

const linesOf = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t'));
const requestsOf = (text: string) => linesOf(text).filter(([first]) => first !== 'header');

describe('an errand', () => {
  it('is the same for the same seed and another for another', () => {
    expect(errand(7, 20, 1)).toBe(errand(7, 20, 1));
    expect(errand(8, 20, 1)).not.toBe(errand(7, 20, 1));
  });

  it('has as many requests as it was asked for, and robots.txt before them when it is asked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1, max: 80 }), (seed, amount) => {
        const requests = requestsOf(errand(seed, amount, 1));
        const rest = requests[0]?.[2] === '/robots.txt' ? requests.slice(1) : requests;
        expect(rest).toHaveLength(amount);
      }),
    );
  });

  it('has four fields per request: pause, method, path of the site, form', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), (seed) => {
        for (const request of requestsOf(
          errand(seed, 15, 1, { aims: ['search', 'login', 'api', 'guess'] }),
        )) {
          expect(request).toHaveLength(4);
          const [wait = '', method, path] = request;
          expect(Number(wait)).toBeGreaterThanOrEqual(0);
          expect(['GET', 'POST', 'HEAD']).toContain(method);
          expect(path).toMatch(/^\/[!-~]*$/);
        }
      }),
    );
  });

  it('keeps its pauses within its pace, and shortens them by speed', () => {
    const waits = (speed: number) =>
      requestsOf(errand(3, 30, speed, { pace: [2, 4], robots: 0 })).map(([wait]) => Number(wait));
    const [first, ...later] = waits(1);
    expect(first).toBe(0);
    for (const wait of later) expect(wait).toBeGreaterThanOrEqual(2);
    for (const wait of later) expect(wait).toBeLessThanOrEqual(4);
    for (const wait of waits(10)) expect(wait).toBeLessThanOrEqual(0.4);
  });

  it('sends a whole set of headers, a name alone or nothing of its own', () => {
    const names = (manner: 'own' | 'agent' | 'chrome' | 'firefox') =>
      linesOf(errand(5, 1, 1, { manner })).flatMap(([first, name = '']) =>
        first === 'header' ? [name] : [],
      );
    expect(names('own')).toEqual([]);
    expect(names('agent')).toEqual(['User-Agent']);
    expect(names('chrome')).toContain('sec-ch-ua');
    expect(names('firefox')).toContain('Accept-Language');
    expect(names('firefox')).not.toContain('sec-ch-ua');
  });

  it.each<Aim>(['search', 'api', 'login'])('asks the shop’s own program when its aim is %s', (aim) => {
    for (const path of pathsOf(11, 10, [aim])) expect(isDynamic(path.split('?')[0] ?? '')).toBe(true);
  });
});
