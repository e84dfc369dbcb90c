import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attributes, escapeHtml, type HtmlValue, html, SafeHtml } from './html.ts';

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onclick='x",
    '&lt;',
    '</title>',
  ),
  fc
    .array(fc.constantFrom('<', '>', '"', "'", '&', '=', '/', 'a'), { maxLength: 20 })
    .map((parts) => parts.join('')),
);

const decoded = (markup: string) =>
  markup
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

describe('the html template', () => {
  it('lets no character that opens markup through, and loses nothing', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const escaped = escapeHtml(value);
        expect(escaped).not.toMatch(/[<>"']/);
        expect(decoded(escaped)).toBe(value);
      }),
    );
  });

  it('keeps its own structure whatever the values are', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (a, b, c) => {
        const page = String(html`<p title="${a}" data-x="x ${b}">${c}${[a, html`<b>${b}</b>`]}</p>`);
        expect(page.match(/</g)).toHaveLength(4);
        expect(page.match(/"/g)).toHaveLength(4);
      }),
    );
  });

  it('prints nothing for what is absent and nests without escaping twice', () => {
    const absent: HtmlValue[] = [undefined, null, false, ''];
    expect(String(html`<i>${absent}</i>`)).toBe('<i></i>');
    expect(String(html`<i>${html`<b>${'&'}</b>`}${0}${12n}</i>`)).toBe('<i><b>&amp;</b>012</i>');
  });

  it('gives links no way out of this site', () => {
    const link = (value: string) => String(html`<a href="${value}">x</a>`);
    expect(link('/ip/198.18.0.1?data=live')).toContain('href="/ip/198.18.0.1?data=live"');
    for (const value of [
      'javascript:alert(1)',
      '//evil.example',
      '/\\evil.example',
      ' /x',
      'https://evil.example',
    ]) {
      expect(link(value)).toBe('<a href="#">x</a>');
      expect(String(html`<a${attributes({ href: value })}>x</a>`)).toBe('<a href="#">x</a>');
    }
  });

  it('refuses the places where escaping cannot help', () => {
    const value = 'x';
    expect(() => html`<p class=${value}>`).toThrow(/must be quoted/);
    expect(() => html`<p class='${value}'>`).toThrow(/double quotes/);
    expect(() => html`<p ${value}>`).toThrow(/attributes\(\)/);
    expect(() => html`<${value}>`).toThrow(/tag name/);
    expect(() => html`<p onclick="${value}">`).toThrow(/onclick/);
    expect(() => html`<p style="${value}">`).toThrow(/style/);
    expect(() => html`<script>${value}</script>`).toThrow(/script/);
    expect(() => html`<!-- ${value} -->`).toThrow(/comment/);
    expect(() => html`<p title="${html`<b></b>`}"></p>`).toThrow(/inside an attribute/);
    expect(() => html`<p title="`).toThrow(/must close/);
  });

  it('prints chosen attributes, and refuses scripts and styles among them', () => {
    expect(
      String(html`<option${attributes({ value: '"', selected: true, disabled: false })}>x</option>`),
    ).toBe('<option value="&quot;" selected>x</option>');
    expect(() => attributes({ onclick: 'x' })).toThrow(/not allowed/);
    expect(() => attributes({ style: 'x' })).toThrow(/not allowed/);
    expect(() => attributes({ 'x><b': 'x' })).toThrow(/not allowed/);
    expect(() => html`<p>${attributes({ id: 'x' })}</p>`).toThrow(/inside a tag/);
  });

  it('cannot be forged', () => {
    expect(() => new SafeHtml('<b>', Symbol('made here'))).toThrow(/by hand/);
  });
});
