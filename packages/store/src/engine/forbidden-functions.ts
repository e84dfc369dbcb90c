/** Table functions that read nothing but tables of this server or their own arguments. */
const harmless = new Set(
  `dictionary format generateRandom generateSeries generate_series merge mergeTreeIndex mergeTreeProjection
   null numbers numbers_mt primes values view viewExplain viewIfPermitted zeros zeros_mt`
    .toLowerCase()
    .split(/\s+/),
);

/**
 * Table functions of engine 26.7 that touch files, addresses or run SQL out of strings, and ordinary
 * functions that do. The engine's own list is added at start, so one that a later engine brings is refused
 * as well.
 */
const known =
  `arrowstream azureBlobStorage cluster clusterAllReplicas cosn deltaLake deltaLakeLocal eval executable file
   filesystem fuzzJSON fuzzQuery gcs hdfs hudi iceberg icebergLocal icebergS3 input jdbc loop mongodb mysql odbc
   oss paimon paimonLocal postgresql prometheusQuery redis remote remoteSecure s3 s3Cluster sqlite url
   urlCluster ytsaurus
   catboostEvaluate modelEvaluate addressToLine addressToLineWithInlines addressToSymbol demangle
   aiClassify aiEmbed aiExtract aiGenerate aiTranslate getServerSetting`
    .toLowerCase()
    .split(/\s+/);

/**
 * Lower-case names that no statement may call.
 * @param tableFunctions names in the engine's system.table_functions
 */
export function forbiddenFunctions(tableFunctions: readonly string[] = []): ReadonlySet<string> {
  const names = [...known, ...tableFunctions.map((name) => name.toLowerCase())];
  return new Set(names.filter((name) => !harmless.has(name)));
}
