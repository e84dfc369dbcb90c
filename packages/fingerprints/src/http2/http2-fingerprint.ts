import type { Http2Client } from './http2-client.ts';

/** Parameters of SETTINGS, where the client sent them. */
interface Http2Settings {
  h2_header_table_size?: number;
  h2_enable_push?: number;
  h2_max_concurrent_streams?: number;
  h2_initial_window_size?: number;
  h2_max_frame_size?: number;
  h2_max_header_list_size?: number;
  h2_enable_connect_protocol?: number;
  h2_no_rfc7540_priorities?: number;
}

/** The HTTP/2 fields of an HTTP event; absent is not zero. */
export interface Http2Fields extends Http2Settings {
  h2_fingerprint: string;
  h2_settings_fp: string;
  h2_window_update?: number;
  h2_pseudo_order: string;
  /** PRIORITY frames came before the request, or it had priority fields. */
  h2_has_priority: boolean;
}

/** Source: RFC 9113 section 6.5.2, RFC 8441 section 3, RFC 9218 section 2.1. */
const settingFields: ReadonlyMap<number, keyof Http2Settings> = new Map<number, keyof Http2Settings>([
  [1, 'h2_header_table_size'],
  [2, 'h2_enable_push'],
  [3, 'h2_max_concurrent_streams'],
  [4, 'h2_initial_window_size'],
  [5, 'h2_max_frame_size'],
  [6, 'h2_max_header_list_size'],
  [8, 'h2_enable_connect_protocol'],
  [9, 'h2_no_rfc7540_priorities'],
]);

/** Source: RFC 9113 section 8.3.1, RFC 8441 section 4 (`:protocol`, written x). */
const pseudoLetters = new Map([
  [':method', 'm'],
  [':authority', 'a'],
  [':scheme', 's'],
  [':path', 'p'],
  [':protocol', 'x'],
]);

/** Clients have four or five; no list part may outgrow what a datagram carries. */
const maxPseudoHeaders = 8;
const maxListText = 510;

/**
 * Akamai's form `SETTINGS|WINDOW_UPDATE|PRIORITY|PSEUDO_ORDER`:
 *
 *     1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p
 *     3:100;4:65535|00|3:0:0:201,5:0:0:101|m,p,a,s
 *                      stream:exclusive:depends on:weight
 *
 * `00` stands for no WINDOW_UPDATE, `0` for no PRIORITY frame, `?` for a pseudo-header nobody knows. Of lists
 * longer than 510 characters the entries that do not fit are left out.
 * Source: Shuster, Gilad, Segal, "Passive Fingerprinting of HTTP/2 Clients" (Akamai, 2017).
 */
export function h2Fingerprint(client: Http2Client): string {
  const window = client.windowUpdate ?? '00';
  return `${settingsText(client)}|${window}|${priorityText(client) || '0'}|${pseudoOrder(client)}`;
}

/** The fingerprint and its parts under the names of HTTP events. Of a repeated parameter the last counts. */
export function h2Fields(client: Http2Client): Http2Fields {
  const fields: Http2Fields = {
    h2_fingerprint: h2Fingerprint(client),
    h2_settings_fp: settingsText(client),
    h2_pseudo_order: pseudoOrder(client),
    h2_has_priority: client.priorities.length > 0 || client.requestPriority !== undefined,
  };
  if (client.windowUpdate !== undefined) fields.h2_window_update = client.windowUpdate;
  for (const { id, value } of client.settings) {
    const name = settingFields.get(id);
    if (name !== undefined) fields[name] = value;
  }
  return fields;
}

function settingsText({ settings }: Http2Client): string {
  return boundedList(
    settings.map(({ id, value }) => `${id}:${value}`),
    ';',
  );
}

function priorityText({ priorities }: Http2Client): string {
  return boundedList(
    priorities.map(
      ({ stream, exclusive, dependsOn, weight }) => `${stream}:${exclusive ? 1 : 0}:${dependsOn}:${weight}`,
    ),
    ',',
  );
}

function pseudoOrder({ pseudoHeaders }: Http2Client): string {
  return pseudoHeaders
    .slice(0, maxPseudoHeaders)
    .map((name) => pseudoLetters.get(name) ?? '?')
    .join(',');
}

/** As mod_reqin_log bounds them, so that a client has the same fingerprint wherever it was seen. */
function boundedList(entries: readonly string[], separator: string): string {
  let text = '';
  for (const entry of entries) {
    if (text.length + entry.length <= maxListText) text += text === '' ? entry : separator + entry;
  }
  return text;
}
