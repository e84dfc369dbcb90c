import { type HtmlValue, html, type SafeHtml } from '../html.ts';

export interface CardOptions {
  /** A sentence below the title: what is shown, in which unit. */
  readonly hint?: HtmlValue;
  /** Where the rest of it is. */
  readonly more?: HtmlValue;
  readonly className?: string;
  readonly id?: string;
}

/** A titled part of a page. */
export function card(title: HtmlValue, content: HtmlValue, options: CardOptions = {}): SafeHtml {
  return html`<section class="card ${options.className ?? ''}"><div class="card-head"><h2>${title}</h2>${options.more && html`<span class="more">${options.more}</span>`}</div>${options.hint && html`<p class="hint">${options.hint}</p>`}${content}</section>`;
}

/** The first line of a page: a sentence with the figures in it, and what stands behind it in smaller type. */
export function lead(sentence: HtmlValue, beneath?: HtmlValue): SafeHtml {
  return html`<div class="lead"><h1>${sentence}</h1>${beneath && html`<p class="beneath">${beneath}</p>`}</div>`;
}

/** Parts of a sentence joined as people do: `a, b and c`. */
export function listed(parts: readonly HtmlValue[]): HtmlValue {
  return parts.flatMap((part, index) => {
    if (index === 0) return [part];
    return [index === parts.length - 1 ? ' and ' : ', ', part];
  });
}

/** Names and values, for facts that are no table. */
export function facts(pairs: readonly (readonly [HtmlValue, HtmlValue])[]): SafeHtml {
  return html`<dl class="facts">${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
