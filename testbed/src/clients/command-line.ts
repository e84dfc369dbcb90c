/** The fixed part of a command line, written as one would type it: words between single spaces, no quotes. */
export function words(line: string): string[] {
  return line.split(' ');
}
