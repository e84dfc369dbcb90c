/** When an event came in, nanoseconds since 1970; undefined for recorded ones, which may be of any time. */
export type ArrivalNs = number | undefined;

/**
 * Nanoseconds since 1970 of 1973-03-03 and 2099-12-31. Outside of them lies no recording, but there lie
 * timestamps in seconds, milliseconds or microseconds: the sender's mistake, which must not pass quietly.
 */
const earliestNs = 1e17;
const latestNs = 4_102_358_400e9;

const dayNs = 86_400e9;

/**
 * How far a live event's time may lie before and after its arrival. Requests are logged when they end, and no
 * download takes a month; clocks differ, but hardly by a day. And the store keeps a partition for each day, and
 * takes rows of at most 100 days at once: no sender's clock may lead to more.
 */
const oldestNs = 30 * dayNs;
const aheadNs = dayNs;

/** Whether an event can have been at that time. */
export function isPlausible(timestampNs: number, arrivalNs: ArrivalNs): boolean {
  return arrivalNs === undefined
    ? timestampNs >= earliestNs && timestampNs <= latestNs
    : timestampNs >= arrivalNs - oldestNs && timestampNs <= arrivalNs + aheadNs;
}

/** When a request that took so long, in milliseconds, began if it ended when its event came in. */
export function beganBefore(arrivalNs: number, durationMs: number | undefined): number {
  const durationNs = (durationMs ?? 0) * 1e6;
  return durationNs <= oldestNs ? arrivalNs - durationNs : arrivalNs;
}
