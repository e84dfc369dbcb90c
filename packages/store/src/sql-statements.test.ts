import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitStatements } from './sql-statements.ts';

test('statements end at semicolons, and comments around them are left out', () => {
  expect(splitStatements('-- one\nSELECT 1;\n\n/* two; */ SELECT 2 ;\n-- end')).toEqual([
    'SELECT 1',
    'SELECT 2',
  ]);
});

test('a semicolon in a string, a quoted name or a comment does not end a statement', () => {
  const sql = "SELECT ';', 'it''s;', 'a\\';' AS \"x;y\", `b;` -- no; end\nFROM t /* ; */ WHERE 1";
  expect(splitStatements(`${sql};SELECT 2`)).toEqual([sql, 'SELECT 2']);
});

test('empty statements and files of comments only give nothing', () => {
  expect(splitStatements(';;  ;\n-- nothing\n/* at all')).toEqual([]);
});

test('any text is split without exception, and nothing but blanks, comments and semicolons is lost', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("'", '"', '`', ';', '\\', '--', '/*', '*/', '\n', ' ', 'a')),
      (parts) => {
        const sql = parts.join('');
        const statements = splitStatements(sql);
        let from = 0;
        for (const statement of statements) {
          const found = sql.indexOf(statement, from);
          expect(found).toBeGreaterThanOrEqual(from);
          from = found + statement.length;
        }
      },
    ),
  );
});
