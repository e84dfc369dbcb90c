import { httpFailure } from './clickhouse-error.ts';

const lineEnd = Buffer.from('\r\n');
const headEnd = Buffer.from('\r\n\r\n');

/**
 * Fields of a multipart/form-data body (RFC 7578), which clients use for long query parameters.
 * @throws ClickHouseFailure with status 400 for anything that is not such a body
 */
export function readMultipart(body: Buffer, contentType: string): [name: string, value: Buffer][] {
  const boundary = /boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(contentType);
  if (boundary === null) throw httpFailure(400, 'The form has no boundary.');
  const mark = Buffer.from(`--${boundary[1] ?? boundary[2]}`);
  const fields: [string, Buffer][] = [];
  let at = body.indexOf(mark);
  while (at >= 0) {
    const start = at + mark.length;
    if (body.toString('latin1', start, start + 2) === '--') return fields;
    const head = body.indexOf(headEnd, start);
    const next = body.indexOf(Buffer.concat([lineEnd, mark]), Math.max(head, start));
    if (head < 0 || next < 0) break;
    const disposition = body.toString('utf8', start, head);
    const name = /^content-disposition:[^\r\n]*;\s*name="([^"\r\n]{1,200})"/im.exec(disposition)?.[1];
    if (name === undefined) throw httpFailure(400, 'A part of the form has no name.');
    fields.push([name, body.subarray(head + headEnd.length, next)]);
    at = next + lineEnd.length;
  }
  throw httpFailure(400, 'The form is not complete.');
}
