/**
 * PRI, TIMESTAMP, perhaps HOSTNAME, and TAG with its colon: `<190>Nov 20 13:00:00 web1 ja4[7]: `. Every part
 * is bounded, so the expression looks at the beginning of a text only. Source: RFC 3164 section 4.1.
 */
const prefix =
  /^<\d{1,3}>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:[\w.:-]{1,255} )?[\w./-]{1,48}(?:\[\d{1,10}\])?: /;

/** How many characters of a text are a syslog prefix; 0 = none. */
export function lengthOfSyslogPrefix(text: string): number {
  return prefix.exec(text)?.[0].length ?? 0;
}
