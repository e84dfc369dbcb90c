import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveShift, labelSessions, parseLabels } from './labels.ts';

const header = 'src_ip,src_port,t_from,t_to,label,client';
const noon = Date.parse('2026-05-01T12:00:00Z') / 1000;
const connection = (src_ip: string, src_port: number, first: number, requests = 1) => ({
  src_ip,
  src_port,
  tls_stack: 'stack',
  host: 'shop.example',
  requests,
  first,
  last: first + 1,
});

describe('a labels file', () => {
  it('gives one truth per line, for a connection or for all of an address', () => {
    const truths = parseLabels(
      `${header}\n198.18.16.4,41000,2026-05-01T12:00:00Z,2026-05-01T12:00:09Z,person,chromium\n` +
        '2001:DB8:16:0::7,,2026-05-01T12:00:00Z,2026-05-01T13:00:00Z,bot,curl\n',
    );
    expect(truths).toEqual([
      { srcIp: '198.18.16.4', srcPort: 41000, from: noon, to: noon + 9, label: 'person', client: 'chromium' },
      {
        srcIp: '2001:db8:16::7',
        srcPort: undefined,
        from: noon,
        to: noon + 3600,
        label: 'bot',
        client: 'curl',
      },
    ]);
  });

  it('is refused with the line that is wrong', () => {
    const line = (text: string) => () => parseLabels(`${header}\n${text}`);
    expect(() => parseLabels('ip,port')).toThrow(/line 1 .*header/);
    expect(line('x,1,2026-05-01,2026-05-02,bot,curl')).toThrow(/line 2 .*"x" is not an address/);
    expect(line('198.18.0.1,99999,2026-05-01,2026-05-02,bot,curl')).toThrow(/not a port/);
    expect(line('198.18.0.1,1,2026-05-02,2026-05-01,bot,curl')).toThrow(/not a span/);
    expect(line('198.18.0.1,1,2026-05-01,2026-05-02,human,curl')).toThrow(/none of person/);
    expect(line('198.18.0.1,1,2026-05-01')).toThrow(/3 columns/);
  });

  it('is read or refused, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseLabels(`${header}\n${text}`);
        } catch (error) {
          expect((error as { code?: string }).code).toBe('labels_file');
        }
      }),
    );
  });
});

describe('the truth of a session', () => {
  const truths = parseLabels(
    `${header}\n198.18.16.4,41000,2026-05-01T12:00:00Z,2026-05-01T12:00:09Z,person,chromium\n` +
      '198.18.16.4,41001,2026-05-01T12:00:00Z,2026-05-01T12:00:09Z,bot,curl\n' +
      '198.18.16.5,,2026-05-01T12:00:00Z,2026-05-01T13:00:00Z,bot,wget\n',
  );
  const labelOf = (connections: ReturnType<typeof connection>[], shift = 0) => [
    ...labelSessions(truths, connections, shift).values(),
  ];

  it('is the label of its connections', () => {
    expect(labelOf([connection('198.18.16.4', 41000, noon)])).toEqual([
      { label: 'person', client: 'chromium' },
    ]);
    expect(labelOf([connection('198.18.16.5', 5, noon + 1800)])).toEqual([{ label: 'bot', client: 'wget' }]);
  });

  it('is mixed when people and bots share the address and the stack', () => {
    const both = [connection('198.18.16.4', 41000, noon, 9), connection('198.18.16.4', 41001, noon)];
    expect(labelOf(both)).toEqual([{ label: 'mixed', client: 'chromium' }]);
  });

  it('is unknown for a port reused later, and for other addresses', () => {
    expect(labelOf([connection('198.18.16.4', 41000, noon + 4000)])[0]?.label).toBe('unlabelled');
    expect(labelOf([connection('198.18.16.9', 41000, noon)])[0]?.label).toBe('unlabelled');
  });

  it('is found again after a recording was shifted', () => {
    const days = 12 * 86_400;
    const shifted = [
      connection('198.18.16.4', 41000, noon + days + 0.4),
      connection('198.18.16.4', 41001, noon + days + 0.6),
    ];
    const shift = deriveShift(truths, shifted);
    expect(Math.abs(shift - days)).toBeLessThan(1);
    expect(labelOf(shifted.slice(0, 1), shift)[0]?.label).toBe('person');
    expect(deriveShift(truths, [connection('198.18.16.4', 41000, noon + 0.5)])).toBe(0);
    expect(deriveShift(truths, [])).toBe(0);
  });
});
