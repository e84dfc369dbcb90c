// What Node has compiled, TypeScript stripped, is kept in node_modules/.cache: a start then costs a fifth.
import { lstatSync, mkdirSync } from 'node:fs';
import module from 'node:module';

const groupAndOthers = 0o077;
const othersMayWrite = 0o022;

/** A folder of this user into which nobody else writes. */
function isOwn(path, user, forbidden) {
  const stats = lstatSync(path);
  return stats.isDirectory() && stats.uid === user && (stats.mode & forbidden) === 0;
}

/**
 * Only for the user to whom the installation belongs: another's cache would be code that this user runs, and the
 * owner could not remove what another has put there. Node tells apart users, its versions and changed files.
 */
export function useCompileCache(modulesFolder) {
  if (module.enableCompileCache === undefined || process.env.NODE_COMPILE_CACHE !== undefined) return;
  const user = process.getuid?.();
  const folder = `${modulesFolder}/.cache`;
  const own = `${folder}/ja4`;
  try {
    if (user === undefined || !isOwn(modulesFolder, user, othersMayWrite)) return;
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    mkdirSync(own, { recursive: true, mode: 0o700 });
    if (isOwn(folder, user, othersMayWrite) && isOwn(own, user, groupAndOthers))
      module.enableCompileCache(own);
  } catch {
    // A file system that cannot be written to: the start takes longer, that is all.
  }
}
