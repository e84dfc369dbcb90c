/** Where a hole stands: element content, a quoted attribute, a quoted `href`/`src`/`action`, or between attributes. */
export type HoleContext = 'text' | 'attribute' | 'link' | 'tag';

const linkAttributes = new Set(['href', 'src', 'action', 'formaction']);

const known = new WeakMap<TemplateStringsArray, readonly HoleContext[]>();

interface Scanner {
  inside: 'text' | 'tag' | 'attribute' | 'comment';
  /** Name of the attribute whose value is being read. */
  name: string;
  /** Whether something of the value has been read already. */
  started: boolean;
}

function scan(piece: string, scanner: Scanner): void {
  for (let at = 0; at < piece.length; at += 1) {
    const character = piece[at];
    if (scanner.inside === 'text') {
      if (piece.startsWith('<!--', at)) scanner.inside = 'comment';
      else if (character === '<') scanner.inside = 'tag';
    } else if (scanner.inside === 'comment') {
      if (piece.startsWith('-->', at)) scanner.inside = 'text';
    } else if (scanner.inside === 'tag') {
      if (character === '>') scanner.inside = 'text';
      else if (character === "'") throw new TypeError('quote attributes with double quotes');
      else if (character === '"') {
        scanner.name = /([^\s"'<>/=]+)\s*=$/.exec(piece.slice(0, at))?.[1]?.toLowerCase() ?? '';
        scanner.inside = 'attribute';
        scanner.started = false;
      }
    } else if (character === '"') scanner.inside = 'tag';
    else scanner.started = true;
  }
}

function contextAt(piece: string, scanner: Scanner): HoleContext {
  if (scanner.inside === 'comment') throw new TypeError('a value cannot stand in a comment');
  if (scanner.inside === 'tag') {
    if (/=\s*$/.test(piece)) throw new TypeError('an attribute with a value from outside must be quoted');
    if (/[</]$/.test(piece)) throw new TypeError('a tag name cannot be a value');
    return 'tag';
  }
  if (scanner.inside === 'attribute') {
    if (scanner.name.startsWith('on') || scanner.name === 'style' || scanner.name === 'srcdoc') {
      throw new TypeError(`a value cannot stand in ${scanner.name}="…"`);
    }
    const context = linkAttributes.has(scanner.name) && !scanner.started ? 'link' : 'attribute';
    scanner.started = true;
    return context;
  }
  return 'text';
}

/** The context of every hole of a template, worked out once per template; throws on places that cannot be made safe. */
export function holesOf(strings: TemplateStringsArray): readonly HoleContext[] {
  const before = known.get(strings);
  if (before) return before;
  const scanner: Scanner = { inside: 'text', name: '', started: false };
  const contexts: HoleContext[] = [];
  for (const [index, piece] of strings.entries()) {
    scan(piece, scanner);
    if (index === strings.length - 1) break;
    contexts.push(contextAt(piece, scanner));
    const raw = /<(script|style)\b[^>]*>[^<]*$/i.exec(piece);
    if (raw) throw new TypeError(`a value cannot stand in <${raw[1]}>`);
  }
  if (scanner.inside !== 'text') throw new TypeError('a template must close the tag it opens');
  known.set(strings, contexts);
  return contexts;
}
