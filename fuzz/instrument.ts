import { stripTypeScriptTypes } from 'node:module';
import { parseSync } from 'oxc-parser';

/** A module whose branches count themselves. */
export interface InstrumentedModule {
  /** JavaScript; it adds to `globalThis.fuzzCounters` from `firstBlock` on. */
  readonly source: string;
  /** How many branches it has. */
  readonly blocks: number;
  /** Whole numbers and texts that stand in the source: what comparisons are likely to ask for. */
  readonly literals: readonly (number | string)[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

interface Insertion {
  readonly at: number;
  /** Closing parts come before opening ones at the same place, and inner ones before outer ones. */
  readonly rank: number;
  readonly text: string;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

const functions: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
]);

const loops: ReadonlySet<string> = new Set([
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
]);

/**
 * Gives each function body, branch, loop body, case, conditional and second half of a logical expression a
 * counter of eight bits, as AFL does, and takes the types out. What the code computes stays the same.
 */
export function instrument(name: string, source: string, firstBlock: number): InstrumentedModule {
  const insertions: Insertion[] = [];
  const literals = new Set<number | string>();
  let blocks = 0;
  let order = 0;

  const counter = () => `fuzzCounters[${firstBlock + blocks++}]++`;
  const open = (at: number, text: string) => insertions.push({ at, rank: ++order, text });
  const close = (at: number, text: string) => insertions.push({ at, rank: -++order, text });

  const statement = (node: Node) => {
    if (node.type === 'BlockStatement') open(node.start + 1, `${counter()};`);
    else {
      open(node.start, `{${counter()};`);
      close(node.end, '}');
    }
  };
  const expression = (node: Node) => {
    open(node.start, `(${counter()},(`);
    close(node.end, '))');
  };

  const visit = (node: Node): void => {
    if (functions.has(node.type) && isNode(node.body)) {
      if (node.body.type === 'BlockStatement') statement(node.body);
      else if (node.expression === true) expression(node.body);
    } else if (node.type === 'IfStatement' && isNode(node.consequent)) {
      // First of the two that end here: what is noted first closes last.
      if (!isNode(node.alternate)) close(node.end, ` else {${counter()};}`);
      statement(node.consequent);
      if (isNode(node.alternate)) statement(node.alternate);
    } else if (loops.has(node.type) && isNode(node.body)) statement(node.body);
    else if (node.type === 'SwitchCase' && Array.isArray(node.consequent) && isNode(node.consequent[0]))
      open(node.consequent[0].start, `${counter()};`);
    else if (node.type === 'ConditionalExpression' && isNode(node.consequent) && isNode(node.alternate)) {
      expression(node.consequent);
      expression(node.alternate);
    } else if (node.type === 'LogicalExpression' && isNode(node.right)) expression(node.right);
    else if (node.type === 'Literal') {
      const { value } = node;
      if (typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value)))
        literals.add(value);
    }
    for (const child of Object.values(node)) {
      if (Array.isArray(child)) {
        for (const one of child) if (isNode(one)) visit(one);
      } else if (isNode(child)) visit(child);
    }
  };

  const { program, errors } = parseSync(name, source);
  if (errors[0] !== undefined) throw new Error(`${name} cannot be instrumented: ${errors[0].message}`);
  if (isNode(program)) visit(program);

  insertions.sort((a, b) => a.at - b.at || a.rank - b.rank);
  let text = '';
  let from = 0;
  for (const insertion of insertions) {
    text += source.slice(from, insertion.at) + insertion.text;
    from = insertion.at;
  }
  text += source.slice(from);
  const counters = 'const { fuzzCounters } = globalThis;';
  return { source: `${counters}${stripTypeScriptTypes(text)}`, blocks, literals: [...literals] };
}
