import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEvent, shiftEvent } from './event-line.ts';

const apache =
  '{"timestamp":1795176059835834000,"server_id":"a","seq":7,"dropped_total":2,"src_ip":"198.18.16.6",' +
  '"src_port":40062,"duration_ms":8.880,"path":"/","header_User-Agent":"\\"seq\\":9"}';
const nginx =
  '<190>Nov 20 13:00:00 ja4: {"timestamp":"1795181248.645","src_ip":"2001:db8::1","src_port":"50896"}';
const haproxy =
  '<134>{"timestamp":"","accepted_ms":"1795181163803","src_ip":"198.18.16.6","src_port":"40062"}';

describe('an event as it came from the socket', () => {
  it('is read whatever unit and form its server gives times in', () => {
    expect(readEvent(apache)).toEqual({
      ...{ address: '198.18.16.6', port: 40062, durationMs: 8.88, serverId: 'a', sequence: 7, dropped: 2 },
      timeUs: 1795176059835834,
    });
    expect(readEvent(nginx)).toMatchObject({ address: '2001:db8::1', port: 50896, timeUs: 1795181248645000 });
    expect(readEvent(haproxy)).toMatchObject({ timeUs: 1795181163803000, sequence: undefined });
  });

  it('is refused when it is no event', () => {
    expect(readEvent('{"timestamp":1795176059835834000,"src_ip":"198.18.16.6"')).toBeUndefined();
    expect(readEvent('{"src_ip":"198.18.16.6","src_port":1}')).toBeUndefined();
    expect(readEvent('{"timestamp":1795176059835834000,"src_port":1}')).toBeUndefined();
  });

  it('is read or refused, whatever it holds', () => {
    fc.assert(fc.property(fc.string(), (text) => void readEvent(text)));
    fc.assert(fc.property(fc.json(), (text) => void readEvent(`${text} "timestamp":1795176059835834000`)));
  });
});

describe('moving an event', () => {
  it('changes times to the nanosecond and numbers, and no other byte', () => {
    expect(shiftEvent(apache, { offsetS: -3600, sequence: 1, dropped: 0 })).toBe(
      apache
        .replace('1795176059835834000', '1795172459835834000')
        .replace('"seq":7', '"seq":1')
        .replace('"dropped_total":2', '"dropped_total":0'),
    );
  });

  it('works for seconds, milliseconds and senders without numbers', () => {
    expect(shiftEvent(nginx, { offsetS: 10, sequence: 1, dropped: 0 })).toBe(
      nginx.replace('1795181248.645', '1795181258.645'),
    );
    expect(shiftEvent(haproxy, { offsetS: 10, sequence: 1, dropped: 0 })).toBe(
      haproxy.replace('1795181163803', '1795181173803'),
    );
  });

  it('is the same as reading it later', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e6, max: 1e6 }),
        fc.constantFrom(apache, nginx, haproxy),
        (offsetS, line) => {
          const moved = readEvent(shiftEvent(line, { offsetS, sequence: 7, dropped: 2 }));
          const timeUs = (readEvent(line)?.timeUs ?? 0) + offsetS * 1e6;
          expect(moved).toEqual({ ...readEvent(line), timeUs });
        },
      ),
    );
  });
});
