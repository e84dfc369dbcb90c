import { attributes, html, type SafeHtml } from '../html.ts';

/** One layer of the stack, drawn in this order from the bottom. */
interface Layer {
  readonly key: string;
  readonly label: string;
  readonly className: string;
}

export interface Bar {
  readonly start: Date;
  readonly end: Date;
  readonly values: ReadonlyMap<string, number>;
  /** Where a click leads. */
  readonly href: string;
  /** What the bar says on hover. */
  readonly hover: string;
}

export interface StackedBars {
  readonly title: string;
  /** Unit of the vertical axis. */
  readonly unit: string;
  readonly from: Date;
  readonly to: Date;
  readonly layers: readonly Layer[];
  readonly bars: readonly Bar[];
  readonly ticks: readonly { readonly at: Date; readonly label: string }[];
  readonly height?: number;
}

/** Least round number (1, 2, 5 × 10ⁿ) that `most` steps of reach `value`; at least 1, for counts. */
export function roundStep(value: number, most = 4): number {
  const rough = Math.max(1, value / most);
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? rough;
}

const figures = (value: number) => value.toFixed(3).replace(/\.?0+$/, '');

/**
 * Bars over time, stacked. Horizontal places are percentages, so that the picture takes any width and its
 * letters keep their size; vertical ones are pixels. Every bar is a link.
 */
export function stackedBars(chart: StackedBars): SafeHtml {
  const height = chart.height ?? 300;
  const [top, bottom] = [14, 22];
  const plot = height - top - bottom;
  const total = (bar: Bar) => chart.layers.reduce((sum, layer) => sum + (bar.values.get(layer.key) ?? 0), 0);
  const greatest = Math.max(1, ...chart.bars.map(total));
  const step = roundStep(greatest);
  const ceiling = Math.ceil(greatest / step) * step;
  const span = chart.to.getTime() - chart.from.getTime();
  const x = (time: Date) =>
    `${figures(Math.min(100, Math.max(0, ((time.getTime() - chart.from.getTime()) / span) * 100)))}%`;
  const y = (value: number) => top + plot - (value / ceiling) * plot;
  const lines = Array.from({ length: Math.round(ceiling / step) + 1 }, (_, index) => index * step);

  const bar = (one: Bar): SafeHtml => {
    let below = 0;
    const width = Math.max(0.2, ((one.end.getTime() - one.start.getTime()) / span) * 100);
    const pieces = chart.layers.flatMap((layer) => {
      const value = one.values.get(layer.key) ?? 0;
      if (value === 0) return [];
      const from = y(below);
      below += value;
      const until = y(below);
      // A gap of a pixel between layers, as long as enough of the layer remains to be seen.
      const gap = from - until > 3 ? 1 : 0;
      return [
        html`<rect${attributes({ class: `bar ${layer.className}`, x: x(one.start), width: `${figures(width * 0.86)}%`, y: figures(until), height: figures(Math.max(1.5, from - until - gap)) })}/>`,
      ];
    });
    return html`<a href="${one.href}" tabindex="-1"><title>${one.hover}</title><rect class="reach" x="${x(one.start)}" width="${figures(width)}%" y="${top}" height="${plot}"/>${pieces}</a>`;
  };

  return html`<svg class="chart" width="100%" height="${height}" role="group" aria-label="${chart.title}">
${lines.map((value) => html`<line class="${value === 0 ? 'axis' : 'grid'}" x1="0" x2="100%" y1="${figures(y(value))}" y2="${figures(y(value))}"/>`)}
${chart.bars.map(bar)}
${lines.slice(1).map((value) => html`<text class="y-label" x="0" y="${figures(y(value) - 3)}">${value}${value === lines.at(-1) && ` ${chart.unit}`}</text>`)}
${chart.ticks.map((tick, index) => html`<text class="x-label ${index % 2 === 1 ? 'every-other' : ''}" x="${x(tick.at)}" y="${height - 6}">${tick.label}</text><line class="axis-tick" x1="${x(tick.at)}" x2="${x(tick.at)}" y1="${top + plot}" y2="${top + plot + 4}"/>`)}
</svg>`;
}
