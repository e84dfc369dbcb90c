// A program that drives a browser through the shop. Argument: JSON, see `BrowserBot` in clients/automation.ts.
import { startDisplay } from './display.js';
import { visit } from './visit.js';

const order = JSON.parse(process.argv[2]);
const { launch } = await import(`./${order.library}.js`);
const display = order.headed ? await startDisplay() : undefined;
const { page, close } = await launch({ ...order, env: { ...process.env, ...display?.environment } });
try {
  await visit(page, order);
} finally {
  await close();
  display?.stop();
}
