import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkTo, segment } from './links.ts';

describe('links', () => {
  it('read well for addresses and fingerprints', () => {
    expect(linkTo(`/ip/${segment('2001:db8::1')}`, { from: 'now-6h', data: undefined })).toBe(
      '/ip/2001:db8::1?from=now-6h',
    );
    expect(linkTo('/detections', { level: ['HIGH', 'CRITICAL'], limit: 5 })).toBe(
      '/detections?level=HIGH&level=CRITICAL&limit=5',
    );
  });

  it('carry any value to the other end and never leave their place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const link = new URL(linkTo(`/ja4/${segment(value)}/end`, { search: value }), 'http://127.0.0.1');
        expect(link.host).toBe('127.0.0.1');
        expect(link.searchParams.get('search')).toBe(value.toWellFormed());
        expect(link.pathname.split('/')).toHaveLength(4);
      }),
    );
  });
});
