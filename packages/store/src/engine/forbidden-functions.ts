/**
 * Table functions that read nothing but tables of this server or their own arguments. Not among them: those that
 * take a list of columns as text (`values`, `null`, `generateRandom`, `viewIfPermitted`), because such a list may
 * say `x String ALIAS file('…')`, and the text may come from anywhere.
 */
const harmless = new Set(
  `dictionary generateSeries generate_series merge mergeTreeIndex mergeTreeProjection numbers numbers_mt primes
   view zeros zeros_mt`
    .toLowerCase()
    .split(/\s+/),
);

/**
 * Table functions of engine 26.7 that touch files, addresses or run SQL out of strings. The engine's own list is added at start, so one that a later engine brings is refused
 * as well.
 */
const known =
  `arrowstream azureBlobStorage cluster clusterAllReplicas cosn deltaLake deltaLakeLocal eval executable file
   filesystem format generateRandom null values viewExplain viewIfPermitted fuzzJSON fuzzQuery gcs hdfs hudi iceberg icebergLocal icebergS3 input jdbc loop mongodb mysql odbc
   oss paimon paimonLocal postgresql prometheusQuery redis remote remoteSecure s3 s3Cluster sqlite url
   urlCluster ytsaurus getServerSetting`
    .toLowerCase()
    .split(/\s+/);

/**
 * Lower-case names that must not even be mentioned: ordinary functions, which can be called without a bracket
 * behind the name (`SELECT * APPLY file`, `arrayMap(file, …)`).
 */
export const forbiddenNames: ReadonlySet<string> = new Set(
  `file catboostEvaluate modelEvaluate addressToLine addressToLineWithInlines addressToSymbol demangle
   aiClassify aiEmbed aiExtract aiGenerate aiTranslate`
    .toLowerCase()
    .split(/\s+/),
);

/**
 * Lower-case names that no statement may call. `format` is one, though the ordinary function of that name is
 * harmless: the table function runs expressions out of text. In statements that read the engine itself refuses it.
 * @param tableFunctions names in the engine's system.table_functions
 */
export function forbiddenFunctions(tableFunctions: readonly string[] = []): ReadonlySet<string> {
  const names = [...known, ...forbiddenNames, ...tableFunctions.map((name) => name.toLowerCase())];
  return new Set(names.filter((name) => !harmless.has(name)));
}
