import puppeteer from 'puppeteer-core';
import { addExtra } from 'puppeteer-extra';
import stealth from 'puppeteer-extra-plugin-stealth';
import { launch as launchWith } from './puppeteer.js';

/** The same with the plugin that mends what gives automation away. */
export async function launch(order) {
  const extra = addExtra(puppeteer);
  extra.use(stealth());
  return launchWith(order, extra);
}
