import type { VisitorIdentity } from '@ja4/store';

/** Fewer pages than this say nothing about a pace: somebody opened a few tabs. */
const fewestPages = 8;

/** Pages a second of a visitor who opens them faster than anybody reads, at least one a second; else undefined. */
export function pagesASecond(identity: VisitorIdentity): number | undefined {
  const pages = Number(identity.documents);
  const seconds = (Date.parse(identity.last_time) - Date.parse(identity.first_time)) / 1000;
  const pace = pages / Math.max(1, seconds);
  return pages >= fewestPages && pace > 1 ? pace : undefined;
}
