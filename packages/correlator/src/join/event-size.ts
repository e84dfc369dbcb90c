import type { HttpEvent } from '../event/http-event.ts';

/** Objects, numbers and index entries of one event, roughly; texts come on top. */
const fixedBytes = 800;

/** Estimated memory of a waiting request, in bytes. */
export function httpEventBytes(event: HttpEvent): number {
  let bytes =
    fixedBytes + event.path.length + event.query.length + event.host.length + event.client_headers.length;
  const { columns, others } = event.headers;
  for (const column in columns) bytes += columns[column as keyof typeof columns].length;
  for (const name in others) bytes += 64 + name.length + (others[name]?.length ?? 0);
  return bytes;
}
