/** Paths that the shop's own program answers; all others are files below `public`. */
export const dynamicPaths = {
  exact: [
    ...['/', '/index.html', '/shop.php', '/security.txt'],
    ...['/search', '/login', '/logout', '/register', '/account', '/cart', '/checkout'],
    ...['/contact', '/newsletter', '/comment', '/report'],
  ],
  prefixes: ['/category/', '/api/', '/go/', '/blog/'],
} as const;

/** The same as one regular expression, as Apache, nginx, HAProxy and JavaScript understand it (no escapes). */
export const dynamicPattern = `^(${dynamicPaths.exact
  .map((path) => path.replace('.', '[.]'))
  .join('|')})$|^(${dynamicPaths.prefixes.join('|')})`;

export function isDynamic(path: string): boolean {
  return (
    dynamicPaths.exact.some((exact) => exact === path) ||
    dynamicPaths.prefixes.some((prefix) => path.startsWith(prefix))
  );
}

/** `Cache-Control` of static files by the beginning of their path; the first that fits. Versioned names live long. */
export const cacheRules: readonly (readonly [prefix: string, value: string])[] = [
  ['/assets/', 'public, max-age=31536000, immutable'],
  ['/images/', 'public, max-age=86400'],
  ['/favicon.ico', 'public, max-age=86400'],
  ['/', 'no-cache'],
];

export function cacheControlOf(path: string): string {
  return cacheRules.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'no-cache';
}
