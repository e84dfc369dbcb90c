import { describe, expect, it } from 'vitest';
import { requestEvent } from './events.test-support.ts';
import { likenesses } from './likeness.ts';
import { SightingsBuilder } from './sightings.ts';

interface Look {
  readonly ja4: readonly string[];
  readonly h2?: string;
  readonly headers: string;
}

const seen = (looks: Record<string, Look>) =>
  new Map(
    Object.entries(looks).map(([name, { ja4, h2, headers }]) => {
      const builder = new SightingsBuilder('bot');
      for (const one of ja4) builder.handshake({ ja4: one });
      const version = h2 ? { h2_fingerprint: h2 } : { http_version: 'HTTP/1.1' };
      builder.request(requestEvent({ ...version, client_headers: headers, client_headers_order: 'wire' }));
      return [name, builder.done()] as const;
    }),
  );

const h2 = '1:65536|1|0|m,a,s,p';

describe('likeness', () => {
  it('of a browser and what drives it is complete', () => {
    const both = seen({
      browser: { ja4: ['full', 'resumed'], h2, headers: 'a,b' },
      bot: { ja4: ['full'], h2, headers: 'a,b' },
    });
    expect(likenesses('bot', both).inAll).toEqual(['browser']);
    // Not the other way: resumed sessions tell the browser from this bot.
    expect(likenesses('browser', both)).toMatchObject({
      inAll: [],
      same: { TLS: [], 'HTTP/2': ['bot'], headers: ['bot'] },
      part: { TLS: ['bot'] },
    });
  });

  it('ends at the layer where an impersonator fails', () => {
    const both = seen({
      browser: { ja4: ['x'], h2, headers: 'a,b' },
      fake: { ja4: ['x'], h2: '2:0|1|0|m,s,a,p', headers: 'b,a' },
    });
    expect(likenesses('fake', both)).toMatchObject({
      inAll: [],
      same: { TLS: ['browser'], 'HTTP/2': [], headers: [] },
      part: { TLS: [], 'HTTP/2': [], headers: [] },
    });
  });

  it('of clients that speak HTTP/1 only says nothing about HTTP/2', () => {
    const both = seen({ one: { ja4: ['x'], headers: 'a' }, two: { ja4: ['y'], headers: 'a' } });
    expect(likenesses('one', both).same).toEqual({ TLS: [], 'HTTP/2': [], headers: ['two'] });
    const three = seen({ one: { ja4: ['x'], headers: 'a' }, two: { ja4: ['x'], headers: 'a' } });
    expect(likenesses('one', three).inAll).toEqual(['two']);
  });

  it('of a client that was never seen at a layer is none', () => {
    const both = seen({ one: { ja4: [], headers: 'a' }, two: { ja4: ['x'], headers: 'a' } });
    expect(likenesses('one', both)).toMatchObject({ inAll: [], same: { TLS: [], headers: ['two'] } });
    expect(likenesses('nobody', both).inAll).toEqual([]);
  });
});
