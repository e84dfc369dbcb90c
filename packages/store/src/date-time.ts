/** A time as ClickHouse's DateTime64(3, 'UTC') reads and writes it: `2026-05-04 03:02:01.000`. */
export function dateTimeText(time: Date): string {
  return time.toISOString().replace('T', ' ').replace('Z', '');
}
