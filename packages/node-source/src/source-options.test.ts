import { describe, expect, it } from 'vitest';
import { sourceSettings } from './source-options.ts';

describe('the options', () => {
  it('may be left out', () => {
    const { path, serverId, selection } = sourceSettings({});
    expect(path).toBe('/run/ja4/http.stream.socket');
    expect(serverId).toContain(`/${process.pid}`);
    expect(selection.keys).toContain('header_User-Agent');
  });

  it.each([
    [{ socket: 'relative' }, 'socket'],
    [{ socket: `/${'x'.repeat(107)}` }, 'at most 107 bytes'],
    [{ headers: ['Cookie'] }, 'secret'],
    [{ headers: ['authorization'] }, 'secret'],
    [{ headers: ['no header'] }, 'not a header name'],
    [{ headers: Array.from({ length: 65 }, (_, i) => `X-${i}`) }, 'at most 64'],
    [{ maxHeaderValueBytes: 0 }, 'maxHeaderValueBytes'],
    [{ maxBufferBytes: 1_000 }, 'maxBufferBytes'],
    [{ trustedProxies: ['everyone'] }, 'trustedProxies'],
    [{ trustedProxies: [], clientIp: () => undefined }, 'choose one'],
  ])('%j are refused, because of %s', (options, why) => {
    expect(() => sourceSettings(options)).toThrow(why);
  });

  it('give every sender a name of its own', () => {
    const names = [1, 2, 3].map(() => sourceSettings({ serverId: 'web-1' }).serverId);
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^web-1(#\d+)?$/);
  });

  it('keep denied headers out, in any case', () => {
    const { selection } = sourceSettings({ headers: ['User-Agent', 'X-Token'], denyHeaders: ['x-TOKEN'] });
    expect(selection.keys).toEqual(['header_User-Agent']);
    expect(selection.indexOf('USER-agent')).toBe(0);
    expect(selection.indexOf('X-Token')).toBe(-1);
  });
});
