const words: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  ESPIPE: 'is a pipe, and must be a file',
};

/** What the system says about a file, for people: without call and code where it is one of the usual. */
export function readableSystemError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return words[code] ?? error.message;
}
