import { type HoleContext, holesOf } from './html-context.ts';

/** Markup that is safe to send: only `html` and `attributes` make it, so every raw value was escaped. */
export class SafeHtml {
  readonly #markup: string;

  constructor(markup: string, key: symbol) {
    if (key !== maker) throw new TypeError('SafeHtml is made by the html template, not by hand');
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** Attributes that `attributes` has checked and escaped; the only value allowed between tag name and `>`. */
export class SafeAttributes {
  readonly #markup: string;

  constructor(markup: string, key: symbol) {
    if (key !== maker) throw new TypeError('SafeAttributes is made by attributes(), not by hand');
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

const maker = Symbol('made here');

/** What a hole takes. `false`, `null` and `undefined` print nothing, so that `${condition && html`…`}` reads well. */
export type HtmlValue =
  | SafeHtml
  | SafeAttributes
  | string
  | number
  | bigint
  | false
  | null
  | undefined
  | readonly HtmlValue[];

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it may stand in element content and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** A link inside this site: a path, a query or a fragment. Everything else (schemes, `//host`) becomes `#`. */
function innerLink(value: string): string {
  return /^(?:\/(?![/\\])|[?#])/.test(value) ? value : '#';
}

function render(value: HtmlValue, context: HoleContext): string {
  if (value === false || value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map((item: HtmlValue) => render(item, context)).join('');
  if (value instanceof SafeAttributes) {
    if (context !== 'tag') throw new TypeError('attributes() belongs inside a tag');
    return value.toString();
  }
  if (context === 'tag') throw new TypeError('only attributes() may stand inside a tag, outside quotes');
  if (value instanceof SafeHtml) {
    if (context !== 'text') throw new TypeError('markup cannot stand inside an attribute');
    return value.toString();
  }
  const text = String(value);
  return escapeHtml(context === 'link' ? innerLink(text) : text);
}

/**
 * Template for markup. Every hole is escaped for the place it stands in; places where escaping cannot help
 * (unquoted attributes, event handlers, script, style, comments) are refused when the template first runs.
 */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): SafeHtml {
  const contexts = holesOf(strings);
  let markup = strings[0] ?? '';
  for (const [index, value] of values.entries()) {
    markup += render(value, contexts[index] ?? 'text') + (strings[index + 1] ?? '');
  }
  return new SafeHtml(markup, maker);
}

/** Attributes chosen at run time: `true` prints the bare name, `false` and `undefined` leave it out. */
export function attributes(values: Record<string, string | number | boolean | undefined>): SafeAttributes {
  let markup = '';
  for (const [name, value] of Object.entries(values)) {
    if (!/^[a-z][a-z0-9-]*$/.test(name) || name.startsWith('on') || name === 'style') {
      throw new TypeError(`attribute "${name}" is not allowed`);
    }
    if (value === undefined || value === false) continue;
    if (value === true) markup += ` ${name}`;
    else {
      const text = String(value);
      markup += ` ${name}="${escapeHtml(name === 'href' || name === 'src' ? innerLink(text) : text)}"`;
    }
  }
  return new SafeAttributes(markup, maker);
}
