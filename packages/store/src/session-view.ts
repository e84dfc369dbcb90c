import { features } from '@ja4/features';
import { readSql } from './sql-files.ts';

const template = readSql('templates/session-features.sql');

/** A feature's column: its number where the expression gives one, else NULL. Unknown is never zero. */
const featureColumns = features
  .map(({ name, sql }) => `if(isFinite(toFloat64(${sql})), toFloat64(${sql}), NULL) AS f_${name}`)
  .join(',\n    ');

/**
 * The feature query, with the window as a condition on the expression of an hour. Feature columns are called
 * `f_<name>`: several features have the name of a column that another feature is computed from.
 */
function featureQuery(window: (hour: string) => string): string {
  return template
    .replaceAll(/\{\{window:([^}]+)\}\}/g, (_, hour: string) => window(hour))
    .replace('{{features}}', () => featureColumns);
}

/** Sessions of the hours that overlap [from, to), as parameters of the query. */
export const sessionFeaturesQuery = featureQuery(
  (hour) => `${hour} >= toStartOfHour({from:DateTime('UTC')}) AND ${hour} < {to:DateTime('UTC')}`,
);

/** Views that are generated from the feature catalogue, in the order in which they are created. */
export function sessionViews(): { name: string; sql: string }[] {
  const thisHourAndTheLast = featureQuery((hour) => `${hour} >= toStartOfHour(now('UTC')) - INTERVAL 1 HOUR`);
  return [
    {
      name: 'view_ai_features_1h',
      sql: `CREATE OR REPLACE VIEW ja4_processing.view_ai_features_1h AS\n${withPlainNames(thisHourAndTheLast)}`,
    },
  ];
}

/** In the view the features have their own names. */
function withPlainNames(query: string): string {
  const plain = features.map(({ name }) => `f_${name} AS ${name}`).join(', ');
  return `SELECT * EXCEPT (${features.map(({ name }) => `f_${name}`).join(', ')}), ${plain}\nFROM\n(\n${query}\n)`;
}
