import { html, type SafeHtml } from '../html.ts';
import { type TermName, terms } from '../terms.ts';

/** A word with its explanation on hover, leading to the help page. */
export function term(name: TermName, words: string = terms[name].name): SafeHtml {
  return html`<a class="term" href="/help#${name}" title="${terms[name].sentence}">${words}</a>`;
}
