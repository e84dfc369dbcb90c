import { describe, expect, it } from 'vitest';
import type { Http2Client } from './http2-client.ts';
import { h2Fields, h2Fingerprint } from './http2-fingerprint.ts';

const chromium: Http2Client = {
  settings: [
    { id: 1, value: 65_536 },
    { id: 2, value: 0 },
    { id: 4, value: 6_291_456 },
    { id: 6, value: 262_144 },
  ],
  windowUpdate: 15_663_105,
  priorities: [],
  requestPriority: { stream: 1, exclusive: true, dependsOn: 0, weight: 256 },
  pseudoHeaders: [':method', ':authority', ':scheme', ':path'],
  headerNames: ['user-agent'],
};

describe('the HTTP/2 fingerprint', () => {
  it('of Chromium has the form of Akamai', () => {
    expect(h2Fingerprint(chromium)).toBe('1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p');
  });

  it('writes 00 for no WINDOW_UPDATE, 0 for no PRIORITY, and nothing for nothing else', () => {
    const silent: Http2Client = { settings: [], priorities: [], pseudoHeaders: [], headerNames: [] };
    expect(h2Fingerprint(silent)).toBe('|00|0|');
  });

  it('lists priorities as stream, exclusiveness, dependency and weight', () => {
    const priorities = [
      { stream: 3, exclusive: false, dependsOn: 0, weight: 201 },
      { stream: 5, exclusive: true, dependsOn: 3, weight: 1 },
    ];
    expect(h2Fingerprint({ ...chromium, priorities })).toContain('|3:0:0:201,5:1:3:1|');
  });

  it('knows :protocol, and marks what nobody knows', () => {
    const pseudoHeaders = [':method', ':protocol', ':own'];
    expect(h2Fingerprint({ ...chromium, pseudoHeaders })).toMatch(/\|m,x,\?$/);
  });

  it('stays short, whatever a client sends', () => {
    const settings = Array.from({ length: 2730 }, (_, id) => ({ id, value: 0xffff_ffff }));
    const priorities = Array.from({ length: 62 }, (_, stream) => ({ ...chromium.requestPriority!, stream }));
    const pseudoHeaders = Array.from({ length: 16_000 }, () => ':method');
    const text = h2Fingerprint({ ...chromium, settings, priorities, pseudoHeaders });
    expect(text.length).toBeLessThanOrEqual(1100);
    expect(text).toMatch(/^0:4294967295;1:4294967295;/);
  });
});

describe('the fields of HTTP events', () => {
  it('name what the client said, and only that', () => {
    expect(h2Fields(chromium)).toEqual({
      h2_fingerprint: '1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p',
      h2_settings_fp: '1:65536;2:0;4:6291456;6:262144',
      h2_window_update: 15_663_105,
      h2_pseudo_order: 'm,a,s,p',
      h2_has_priority: true,
      h2_header_table_size: 65_536,
      h2_enable_push: 0,
      h2_initial_window_size: 6_291_456,
      h2_max_header_list_size: 262_144,
    });
  });

  it('have the settings of later specifications, and leave unknown ones to the list', () => {
    const settings = [3, 5, 7, 8, 9, 0x0a0a].map((id) => ({ id, value: id }));
    expect(h2Fields({ ...chromium, settings })).toMatchObject({
      h2_settings_fp: '3:3;5:5;7:7;8:8;9:9;2570:2570',
      h2_max_concurrent_streams: 3,
      h2_max_frame_size: 5,
      h2_enable_connect_protocol: 8,
      h2_no_rfc7540_priorities: 9,
    });
  });

  it('take the last value of a repeated parameter (RFC 9113 section 6.5.3)', () => {
    const settings = [1, 2].map((value) => ({ id: 4, value }));
    expect(h2Fields({ ...chromium, settings }).h2_initial_window_size).toBe(2);
  });

  it('say no priority where neither frames nor the request have one', () => {
    expect(h2Fields({ ...chromium, requestPriority: undefined }).h2_has_priority).toBe(false);
  });
});
