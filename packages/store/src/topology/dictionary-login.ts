import { maskedSql } from '../sql-statements.ts';
import type { DictionaryLogin } from './topology.ts';

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** Puts user and password into the source of a dictionary; other statements are left as they are. */
export function withDictionaryLogin(sql: string, login: DictionaryLogin): string {
  const source = /\bSOURCE\s*\(\s*CLICKHOUSE\s*\(/i.exec(maskedSql(sql));
  if (source === null) return sql;
  const at = source.index + source[0].length;
  return `${sql.slice(0, at)}USER ${quoted(login.user)} PASSWORD ${quoted(login.password)} ${sql.slice(at)}`;
}
