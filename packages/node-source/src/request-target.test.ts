import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestTarget } from './request-target.ts';

describe('the target of a request (RFC 9112 section 3.2)', () => {
  it.each([
    ['GET', '/', { path: '/', query: '' }],
    ['GET', '/where?q=now', { path: '/where', query: 'q=now' }],
    ['GET', '/a?b?c#d', { path: '/a', query: 'b?c#d' }],
    ['GET', '//double//slash/../%2e', { path: '//double//slash/../%2e', query: '' }],
    ['GET', '/go?to=http://other.example/', { path: '/go', query: 'to=http://other.example/' }],
    ['OPTIONS', '*', { path: '*', query: '' }],
    ['GET', 'http://www.example.org/pub/', { path: '/pub/', query: '', authority: 'www.example.org' }],
    ['GET', 'http://www.example.org:8001', { path: '/', query: '', authority: 'www.example.org:8001' }],
    ['GET', 'HTTPS://a:b@[2001:db8::1]:8443?x', { path: '/', query: 'x', authority: '[2001:db8::1]:8443' }],
    ['CONNECT', 'www.example.com:80', { path: '', query: '', authority: 'www.example.com:80' }],
    ['GET', '', { path: '', query: '' }],
  ])('%s %s', (method, target, expected) => {
    expect(requestTarget(method, target)).toEqual(expected);
  });

  it('is split in linear time, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), (target) => {
        const { path, query } = requestTarget('GET', target);
        expect(path.length + query.length).toBeLessThanOrEqual(target.length + 1);
      }),
    );
  });
});
