/* Fetches commands from the seat's process, one at a time, and answers with the next question. */
/* global browser */
const port = 9223;

const commands = {
  evaluate: async ({ tab, expression }) => (await browser.tabs.executeScript(tab, { code: expression }))[0],
  goto: ({ tab, url }) => browser.seat.goto(tab, url),
  open: (window) => browser.windows.create({ url: 'about:blank', left: 0, top: 0, ...window }),
  tabs: () => browser.tabs.query({}),
  show: ({ tab }) => browser.tabs.update(tab, { active: true }),
  close: ({ tab }) => browser.tabs.remove(tab),
  closeWindow: ({ window }) => browser.windows.remove(window),
  container: async () => {
    const look = { name: 'guest', color: 'blue', icon: 'circle' };
    return (await browser.contextualIdentities.create(look)).cookieStoreId;
  },
  forget: ({ container }) => browser.contextualIdentities.remove(container),
  disconnect: () => browser.seat.disconnect(),
  prefer: ({ preferences }) => browser.seat.prefer(preferences),
};

let answer = {};
for (;;) {
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: JSON.stringify(answer) });
  const { id, method, params } = await response.json();
  try {
    answer = { id, result: (await commands[method](params)) ?? null };
  } catch (error) {
    answer = { id, error: String(error) };
  }
}
