import { features } from '@ja4/features';
import { readSql } from './sql-files.ts';

const template = readSql('templates/session-features.sql');

const featureColumns = features.map(({ name, sql }) => `toFloat64(${sql}) AS f_${name}`).join(',\n    ');

/**
 * The feature query, with the window as a condition on the expression of an hour. Feature columns are called
 * `f_<name>`: several features have the name of a column that another feature is computed from. They are NULL
 * or not finite where the feature is unknown.
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

/** In the view the features have their own names, and NULL where they have no finite value. */
function withPlainNames(query: string): string {
  const internal = features.map(({ name }) => `f_${name}`).join(', ');
  const plain = features
    .map(({ name }) => `if(isFinite(f_${name}), f_${name}, NULL) AS ${name}`)
    .join(',\n    ');
  return `SELECT\n    * EXCEPT (${internal}),\n    ${plain}\nFROM\n(\n${query}\n)`;
}
