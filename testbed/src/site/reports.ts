import { html, json, type ShopRequest, type ShopResponse } from './exchange.ts';
import { page } from './frame.ts';

const mostReports = 200;

/**
 * What browsers say about themselves on `/report`: the page's script posts it, and `GET /api/report` gives the
 * last ones back, oldest first, each `{ address, userAgent, seen }`. Nothing links there.
 */
export class Reports {
  readonly #reports: { address: string; userAgent: string; seen: unknown }[] = [];

  page(): ShopResponse {
    return html(
      page({
        title: 'What a site sees',
        scripts: ['report.js'],
        head: '<meta name="robots" content="noindex">\n',
        main: '<h1>What a site sees</h1><pre id="seen-by-script"></pre><p id="sent"></p>',
      }),
    );
  }

  exchange(request: ShopRequest): ShopResponse {
    if (request.method !== 'POST') return json(this.#reports);
    if (request.json === undefined) return json({ error: 'not JSON' }, 400);
    this.#reports.push({
      address: request.address.slice(0, 45),
      userAgent: request.userAgent.slice(0, 500),
      seen: request.json,
    });
    if (this.#reports.length > mostReports) this.#reports.shift();
    return json({ kept: this.#reports.length });
  }
}
