// What makes a start cheap: nothing is compiled twice, and no module is looked for that says where it is.
import { lstatSync, mkdirSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const groupAndOthers = 0o077;
// Not the group: what it may write holds the program's code as well.
const others = 0o002;

/** For a process that is about to load the program. Without effect on a Node that cannot do it. */
export function quickenStart() {
  if (process.env.NODE_COMPILE_CACHE === undefined) {
    useCompileCache(fileURLToPath(new URL('../../../node_modules', import.meta.url)));
  }
  module.registerHooks?.({ resolve: resolveNeighbour, load: loadTypeScript });
}

/** A folder of this user into which nobody else writes. */
function isOwn(path, user, forbidden) {
  const stats = lstatSync(path);
  return stats.isDirectory() && stats.uid === user && (stats.mode & forbidden) === 0;
}

/**
 * Keeps compiled code, TypeScript stripped, in node_modules/.cache. Only for the user to whom the installation
 * belongs: another's cache would be code that this user runs, and the owner could not remove what another has put
 * there. Node tells apart its versions, users and changed files.
 */
function useCompileCache(modulesFolder) {
  const user = process.getuid?.();
  const folder = `${modulesFolder}/.cache`;
  const own = `${folder}/ja4`;
  try {
    if (user === undefined || !isOwn(modulesFolder, user, others)) return;
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    // Made here: Node's own attempt never ends where none can be made.
    mkdirSync(own, { recursive: true, mode: 0o700 });
    if (isOwn(folder, user, others) && isOwn(own, user, groupAndOthers)) module.enableCompileCache?.(own);
  } catch {
    // A file system that cannot be written to: the start takes longer, that is all.
  }
}

/** `./name.ts` is the file beside its importer: no search for packages, no look at each folder above it. */
function resolveNeighbour(specifier, context, next) {
  if (!specifier.startsWith('.') || !specifier.endsWith('.ts')) return next(specifier, context);
  const url = new URL(specifier, context.parentURL).href;
  return { url, format: 'module-typescript', shortCircuit: true };
}

function loadTypeScript(url, context, next) {
  if (context.format !== 'module-typescript') return next(url, context);
  return { format: context.format, source: readFileSync(new URL(url), 'utf8'), shortCircuit: true };
}
