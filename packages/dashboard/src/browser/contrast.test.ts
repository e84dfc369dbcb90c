import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('./styles/theme.css', import.meta.url), 'utf8');
const [lightCss = '', darkCss = ''] = css.split('@media (prefers-color-scheme: dark)');
const colours = (text: string) =>
  new Map([...text.matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g)].map(([, name, value]) => [name!, value!]));
const light = colours(lightCss);
const dark = new Map([...light, ...colours(darkCss.slice(0, darkCss.indexOf('.level-critical')))]);

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [lighter, darker] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (lighter! + 0.05) / (darker! + 0.05);
}

const levels = ['critical', 'high', 'medium', 'low', 'known', 'deny', 'legitimate', 'normal'];

describe.each([
  ['light', light],
  ['dark', dark],
])('the %s theme', (_name, theme) => {
  const of = (name: string) => theme.get(name) ?? expect.unreachable(`no colour ${name}`);

  it('lets text be read on every ground (4.5 : 1)', () => {
    const texts = ['ink', 'quiet', 'accent', 'good', ...levels.map((level) => `${level}-ink`)];
    for (const text of texts) {
      for (const ground of ['surface', 'ground', 'raised']) {
        expect(contrast(of(text), of(ground)), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  it('lets marks and bars be seen (3 : 1)', () => {
    for (const level of levels) {
      expect(contrast(of(level), of('surface')), level).toBeGreaterThanOrEqual(3);
    }
  });
});
