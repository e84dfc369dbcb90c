import { globSync } from 'node:fs';
import type { Seating } from '../browser/seating.ts';
import type { SeatKind } from './kind.ts';
import { type Need, program, pythonModule } from './needs.ts';

const webKitTypelib: Need = {
  what: 'WebKitGTK',
  install: 'apt-get install gir1.2-webkit2-4.1',
  present: () => globSync('/usr/lib/*/girepository-1.0/WebKit2-4.1.typelib').length > 0,
  version: program('', 'gir1.2-webkit2-4.1').version,
};
const screen = [
  program('Xvfb', 'xvfb'),
  program('evilwm'),
  program('xdotool'),
  program('certutil', 'libnss3-tools'),
  program('openssl'),
];
const browsers: Record<Seating['browser'], readonly Need[]> = {
  chromium: [program('chromium')],
  firefox: [program('firefox-esr'), program('/usr/bin/python3', 'python3')],
  webkitgtk: [pythonModule('gi'), webKitTypelib],
  qtwebengine5: [pythonModule('PyQt5.QtWebEngineWidgets', 'python3-pyqt5.qtwebengine')],
  qtwebengine6: [pythonModule('PyQt6.QtWebEngineWidgets', 'python3-pyqt6.qtwebengine')],
};

function person(agent: RegExp, share: number, seating: Seating): SeatKind {
  return { label: 'person', needs: [...screen, ...browsers[seating.browser]], agent, share, seat: seating };
}

const chrome =
  /^Mozilla\/5\.0 \(X11; Linux x86_64\) AppleWebKit\/537\.36 \(KHTML, like Gecko\) Chrome\/[\d.]+ Safari/;
const firefox = /^Mozilla\/5\.0 \(X11; Linux x86_64; rv:[\d.]+\) Gecko\/20100101 Firefox\//;
const safari =
  /^Mozilla\/5\.0 \(X11; Linux x86_64\) AppleWebKit\/605\.1\.15 \(KHTML, like Gecko\) Version\/[\d.]+ Safari\//;
const qt = /^Mozilla\/5\.0 \(X11; Linux x86_64\) AppleWebKit\/537\.36 \(KHTML, like Gecko\) QtWebEngine\//;

/** People at browsers with a window, by the names that labels use. */
export const people = {
  chromium: person(chrome, 10, { browser: 'chromium' }),
  'chromium-private': person(chrome, 3, { browser: 'chromium', privately: true }),
  'chromium-http1': person(chrome, 1, { browser: 'chromium', http1: true }),
  'chromium-noscript': person(chrome, 0.5, { browser: 'chromium', scripts: false }),
  firefox: person(firefox, 3, { browser: 'firefox' }),
  'firefox-private': person(firefox, 1, { browser: 'firefox', privately: true }),
  'firefox-http1': person(firefox, 0.5, { browser: 'firefox', http1: true }),
  'firefox-noscript': person(firefox, 0.5, { browser: 'firefox', scripts: false }),
  webkitgtk: person(safari, 4, { browser: 'webkitgtk' }),
  'webkitgtk-noscript': person(safari, 0.3, { browser: 'webkitgtk', scripts: false }),
  'qtwebengine-5': person(qt, 2.5, { browser: 'qtwebengine5' }),
  'qtwebengine-6': person(qt, 2.5, { browser: 'qtwebengine6' }),
} as const satisfies Record<string, SeatKind>;

/** A real browser stack, visibly a person's, that behaves like a machine. */
export const chromiumScraper: SeatKind = {
  label: 'bot',
  needs: [...screen, ...browsers.chromium],
  agent: chrome,
  share: 1,
  seat: { browser: 'chromium', privately: true, journey: 'scraper' },
};
