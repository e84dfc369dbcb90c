import { describe, expect, it } from 'vitest';
import { requestEvent } from './events.test-support.ts';
import { headerOrders, lastingHeaders, SightingsBuilder, withoutShuffles } from './sightings.ts';

const seenOf = (...events: Record<string, string | number>[]) => {
  const builder = new SightingsBuilder('bot');
  for (const event of events) builder.request(requestEvent(event));
  return builder.done();
};

describe('what a client shows', () => {
  it('is its navigations where it makes such, and its first requests otherwise', () => {
    const first = { conn_id: 'a', client_headers: 'accept', client_headers_order: 'wire' };
    const second = { conn_id: 'a', client_headers: 'accept,range-x', client_headers_order: 'wire' };
    expect([...headerOrders(seenOf(first, second)).keys()]).toEqual(['HTTP/2: accept']);
    const navigation = { ...second, client_headers: 'a,b', 'header_Sec-Fetch-Mode': 'navigate' };
    expect([...headerOrders(seenOf(first, navigation)).keys()]).toEqual(['HTTP/2: a,b']);
  });

  it('prefers the order of the wire, and says so when there is none', () => {
    const wire = { conn_id: '1', client_headers: 'b,a', client_headers_order: 'wire' };
    const server = { conn_id: '2', client_headers: 'A,B', client_headers_order: 'server' };
    expect([...headerOrders(seenOf(wire, server)).keys()]).toEqual(['HTTP/2: b,a']);
    expect(seenOf(wire, server).unsureOrder).toBe(false);
    expect(seenOf(server).unsureOrder).toBe(true);
    expect(seenOf({ ...server, http_version: 'HTTP/1.1' }).unsureOrder).toBe(false);
  });

  it('counts a connection once, and names the version where HTTP/2 has no fingerprint', () => {
    const h2 = { conn_id: '1', h2_fingerprint: '1:2|3|0|m,a,s,p' };
    const { http, requests } = seenOf(h2, h2, { conn_id: '2', http_version: 'HTTP/1.1' });
    expect([...http]).toEqual([
      ['1:2|3|0|m,a,s,p', 1],
      ['HTTP/1.1', 1],
    ]);
    expect(requests).toBe(3);
  });

  it('holds no header values but User-Agents', () => {
    const secret = { 'header_Accept-Language': 'xx-secret', header_Referer: 'https://secret.example/' };
    const seen = seenOf({
      ...secret,
      'header_User-Agent': 'tool/1',
      client_headers: 'accept-language,referer',
    });
    const text = JSON.stringify(Object.values(seen).map((part) => (part instanceof Map ? [...part] : part)));
    expect(text).toContain('tool/1');
    expect(text).not.toContain('secret');
  });
});

describe('header orders', () => {
  it('are without the names that depend on the moment', () => {
    expect(lastingHeaders('Host,Cookie,User-Agent,If-None-Match,referer')).toBe('Host,User-Agent');
    expect(lastingHeaders('')).toBe('');
  });

  it('of a client that shuffles are one, and of others stay what they are', () => {
    const shuffled = ['a,b,c', 'a,c,b', 'b,a,c', 'b,c,a', 'c,a,b'].map(
      (names) => [`HTTP/2: ${names}`, 1] as const,
    );
    const fixed = ['HTTP/2: x,y', 7] as const;
    expect([...withoutShuffles(new Map([...shuffled, fixed]))]).toEqual([
      ['HTTP/2, in any order: a,b,c', 5],
      ['HTTP/2: x,y', 7],
    ]);
    expect([...withoutShuffles(new Map(shuffled.slice(0, 4)))]).toEqual(shuffled.slice(0, 4));
  });
});
