/** A length of time in the largest fitting unit: `45 s`, `3 min`, `2.5 h`, `4 days`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 1) return `${Math.max(0, Math.round(seconds * 1000))} ms`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${trimmed(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

const trimmed = (hours: number) => (hours < 10 ? hours.toFixed(1).replace(/\.0$/, '') : hours.toFixed(0));

/** How long ago, or from now, a moment is: `3 min ago`, `just now`, `in 2 h`. */
export function relative(moment: Date, now: Date): string {
  const seconds = (now.getTime() - moment.getTime()) / 1000;
  if (Math.abs(seconds) < 2) return 'just now';
  return seconds > 0 ? `${duration(seconds)} ago` : `in ${duration(-seconds)}`;
}

/** `2026-03-01 12:00:05 UTC`. */
export function absolute(moment: Date): string {
  if (Number.isNaN(moment.getTime())) return '–';
  return `${moment.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Time of day, with the date when `withDate`: `12:00`, `1 Mar 12:00`; seconds when asked. */
export function clock(moment: Date, show: { date?: boolean; seconds?: boolean } = {}): string {
  const iso = moment.toISOString();
  const time = iso.slice(11, show.seconds ? 19 : 16);
  if (!show.date) return time;
  return `${moment.getUTCDate()} ${months[moment.getUTCMonth()]} ${time}`;
}

/** The day alone: `1 Mar`. */
export function day(moment: Date): string {
  return `${moment.getUTCDate()} ${months[moment.getUTCMonth()]}`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
