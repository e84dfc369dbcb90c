import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TruthBook } from './truth.ts';

const heading = 'src_ip,src_port,t_from,t_to,label,client\n';
const at = (seconds: number) => Date.UTC(2026, 0, 1, 0, 0, seconds);
const iso = (seconds: number) => new Date(at(seconds)).toISOString();

describe('ground truth', () => {
  it('finds a connection by its port, an address by its time', () => {
    const book = new TruthBook(
      `${heading}198.18.0.7,4000,${iso(0)},${iso(5)},bot,curl\n198.18.0.7,,${iso(0)},${iso(9)},person,chromium\n`,
    );
    expect(book.of('198.18.0.7', 4000, at(3))?.client).toBe('curl');
    expect(book.of('198.18.0.7', 4001, at(3))?.client).toBe('chromium');
    expect(book.of('198.18.0.7', 4000, at(8))?.client).toBe('chromium');
    expect(book.of('198.18.0.7', 4000, at(30))).toBeUndefined();
    expect(book.of('198.18.0.8', 4000, at(3))).toBeUndefined();
    expect([...book.clients]).toEqual([
      ['curl', 'bot'],
      ['chromium', 'person'],
    ]);
  });

  it('gives a moment between two visits to the nearer one', () => {
    const book = new TruthBook(
      `${heading}a,,${iso(0)},${iso(10)},person,first\na,,${iso(10)},${iso(20)},bot,second\n`,
    );
    expect(book.of('a', 1, at(10) - 500)?.client).toBe('first');
    expect(book.of('a', 1, at(10) + 500)?.client).toBe('second');
  });

  it('leaves out what is no line of it', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const book = new TruthBook(heading + text);
        expect(book.unreadable).toBeLessThanOrEqual(text.split('\n').length);
      }),
    );
    expect(new TruthBook(`${heading}198.18.0.7,,yesterday,today,bot,curl\n`).unreadable).toBe(1);
  });
});
