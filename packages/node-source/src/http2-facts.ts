import type { Settings } from 'node:http2';
import { type Http2Client, type Http2Fields, type Http2Priority, h2Fields } from '@ja4/fingerprints/http2';
import { jsonText } from './wire-text.ts';

/** The first bytes of a client, as far as they were seen. */
export interface SeenPreface {
  /** What they say; the SETTINGS frame is whole. */
  readonly client: Http2Client;
  /** They reach up to the first request. */
  readonly complete: boolean;
}

/** What is known of an HTTP/2 client when its first request has come. */
export interface FirstRequest {
  /** PRIORITY flag of its HEADERS frame. */
  readonly hasPriority: boolean;
  /** PRIORITY frames that came behind the first bytes. */
  readonly priorities: readonly Http2Priority[];
  /** In wire order. */
  readonly pseudoHeaders: readonly string[];
  /** Increments of the connection's window so far; 0 for none. */
  readonly windowIncrement: number;
  /** Parameters in force, of which nobody can say whether the client sent them. */
  readonly settings: Settings;
}

/** HTTP/2 fields of an event, the same for all requests of a connection. */
export interface Http2Facts {
  readonly fields: string;
}

/** Values that a parameter has when it is not sent (RFC 9113 section 6.5.2, RFC 8441 section 3). */
const unsent = {
  headerTableSize: 4_096,
  enablePush: true,
  maxConcurrentStreams: 0xffff_ffff,
  initialWindowSize: 65_535,
  maxFrameSize: 16_384,
  maxHeaderListSize: 0xffff_ffff,
  enableConnectProtocol: false,
} as const;

const fieldOf = {
  headerTableSize: 'h2_header_table_size',
  enablePush: 'h2_enable_push',
  maxConcurrentStreams: 'h2_max_concurrent_streams',
  initialWindowSize: 'h2_initial_window_size',
  maxFrameSize: 'h2_max_frame_size',
  maxHeaderListSize: 'h2_max_header_list_size',
  enableConnectProtocol: 'h2_enable_connect_protocol',
} as const satisfies Record<keyof typeof unsent, keyof Http2Fields>;

/**
 * The event's HTTP/2 fields from the client's own first bytes or, where those were not seen, from what the
 * session tells: then without SETTINGS in order, and only with values that no client has without sending them.
 */
export function http2Facts(preface: SeenPreface | undefined, first: FirstRequest): Http2Facts {
  const fields = preface === undefined ? sessionFields(first) : h2Fields(completed(preface, first));
  return {
    fields: Object.entries(fields)
      .map(([key, value]) => `,"${key}":${typeof value === 'string' ? jsonText(value) : Number(value)}`)
      .join(''),
  };
}

/** That there is one counts here, not what it says. Source: RFC 7540 section 5.3.5. */
const defaultPriority: Http2Priority = { stream: 1, exclusive: false, dependsOn: 0, weight: 16 };

/** What came behind the bytes seen is filled in from the request itself and the session. */
function completed({ client, complete }: SeenPreface, first: FirstRequest): Http2Client {
  if (complete) return client;
  return {
    ...client,
    windowUpdate: client.windowUpdate ?? (first.windowIncrement > 0 ? first.windowIncrement : undefined),
    priorities: [...client.priorities, ...first.priorities],
    requestPriority: first.hasPriority ? defaultPriority : undefined,
    pseudoHeaders: first.pseudoHeaders,
  };
}

function sessionFields(first: FirstRequest): Partial<Http2Fields> {
  const none: Http2Client = {
    settings: [],
    priorities: [],
    pseudoHeaders: first.pseudoHeaders,
    headerNames: [],
  };
  const fields: Partial<Http2Fields> = { h2_pseudo_order: h2Fields(none).h2_pseudo_order };
  if (first.windowIncrement > 0) fields.h2_window_update = first.windowIncrement;
  if (first.hasPriority) fields.h2_has_priority = true;
  for (const name of Object.keys(unsent) as (keyof typeof unsent)[]) {
    const value = first.settings[name];
    if (value !== undefined && value !== unsent[name]) fields[fieldOf[name]] = Number(value);
  }
  return fields;
}
