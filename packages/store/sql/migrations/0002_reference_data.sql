-- What is known about networks and client stacks, and the dictionaries that look it up.
--
-- Every entry has an origin: 'shipped' for our own files, another name for what an operator loads. A load
-- replaces the entries of its origin only. Where origins disagree, the operator's entry wins.
-- Dictionaries are reloaded by the loader (LIFETIME(0)). Their sources leave out prefixes that are not
-- addresses: one bad entry must not keep a dictionary from loading, because then no request could be stored.

CREATE TABLE IF NOT EXISTS ja4_processing.ref_networks
(
    origin LowCardinality(String),
    prefix String,
    asn UInt32,
    country_code LowCardinality(String),
    name String,
    org String,
    domain String
)
ENGINE = MergeTree
PARTITION BY origin
ORDER BY prefix;

CREATE TABLE IF NOT EXISTS ja4_processing.ref_asn_labels
(
    origin LowCardinality(String),
    asn UInt32,
    -- isp, hosting, vpn, cdn, …
    label LowCardinality(String)
)
ENGINE = MergeTree
PARTITION BY origin
ORDER BY asn;

CREATE TABLE IF NOT EXISTS ja4_processing.ref_bot_networks
(
    origin LowCardinality(String),
    prefix String,
    bot_name String
)
ENGINE = MergeTree
PARTITION BY origin
ORDER BY prefix;

CREATE TABLE IF NOT EXISTS ja4_processing.ref_bot_ja4
(
    origin LowCardinality(String),
    ja4 String,
    bot_name String
)
ENGINE = MergeTree
PARTITION BY origin
ORDER BY ja4;

-- Client stacks by what they send. A library's fingerprint is a label, not proof of a robot.
CREATE TABLE IF NOT EXISTS ja4_processing.ref_clients
(
    origin LowCardinality(String),
    -- tls_stack, ja4 or h2
    kind LowCardinality(String),
    fingerprint String,
    -- Chromium, Firefox, Safari, … for browsers, the program's name for tools.
    name String,
    library LowCardinality(String),
    -- browser or tool
    context LowCardinality(String),
    -- Where the fact comes from.
    source String
)
ENGINE = MergeTree
PARTITION BY origin
ORDER BY (kind, fingerprint);

CREATE DICTIONARY IF NOT EXISTS ja4_processing.dict_iplocate_asn
(
    prefix String,
    asn UInt32 DEFAULT 0,
    country_code String DEFAULT '',
    name String DEFAULT '',
    org String DEFAULT '',
    domain String DEFAULT ''
)
PRIMARY KEY prefix
SOURCE(CLICKHOUSE(QUERY '
    SELECT prefix, argMax(asn, own), argMax(country_code, own), argMax(name, own), argMax(org, own), argMax(domain, own)
    FROM (SELECT *, origin != ''shipped'' AS own FROM ja4_processing.ref_networks)
    WHERE toIPv6OrNull(splitByChar(''/'', prefix)[1]) IS NOT NULL
      AND toUInt8OrNull(splitByChar(''/'', prefix)[2]) <= if(position(prefix, '':'') > 0, 128, 32)
    GROUP BY prefix'))
LAYOUT(IP_TRIE)
LIFETIME(0);

CREATE DICTIONARY IF NOT EXISTS ja4_processing.dict_asn_reputation
(
    src_asn UInt64,
    label String DEFAULT ''
)
PRIMARY KEY src_asn
SOURCE(CLICKHOUSE(QUERY '
    SELECT toUInt64(asn), argMax(label, origin != ''shipped'') FROM ja4_processing.ref_asn_labels GROUP BY asn'))
LAYOUT(HASHED)
LIFETIME(0);

CREATE DICTIONARY IF NOT EXISTS ja4_processing.dict_bot_ip
(
    prefix String,
    bot_name String DEFAULT ''
)
PRIMARY KEY prefix
SOURCE(CLICKHOUSE(QUERY '
    SELECT prefix, argMax(bot_name, origin != ''shipped'') FROM ja4_processing.ref_bot_networks
    WHERE toIPv6OrNull(splitByChar(''/'', prefix)[1]) IS NOT NULL
      AND toUInt8OrNull(splitByChar(''/'', prefix)[2]) <= if(position(prefix, '':'') > 0, 128, 32)
    GROUP BY prefix'))
LAYOUT(IP_TRIE)
LIFETIME(0);

CREATE DICTIONARY IF NOT EXISTS ja4_processing.dict_bot_ja4
(
    ja4 String,
    bot_name String DEFAULT ''
)
PRIMARY KEY ja4
SOURCE(CLICKHOUSE(QUERY '
    SELECT ja4, argMax(bot_name, origin != ''shipped'') FROM ja4_processing.ref_bot_ja4 GROUP BY ja4'))
LAYOUT(COMPLEX_KEY_HASHED)
LIFETIME(0);

-- The key is a tls_stack or a JA4: look up both, the stack first.
CREATE DICTIONARY IF NOT EXISTS ja4_processing.dict_browser_ja4
(
    ja4 String,
    browser_family String DEFAULT '',
    client String DEFAULT '',
    tls_library String DEFAULT '',
    context String DEFAULT ''
)
PRIMARY KEY ja4
SOURCE(CLICKHOUSE(QUERY '
    SELECT fingerprint, if(argMax(context, own) = ''browser'', argMax(name, own), ''''),
        argMax(name, own), argMax(library, own), argMax(context, own)
    FROM (SELECT *, origin != ''shipped'' AS own FROM ja4_processing.ref_clients)
    WHERE kind IN (''ja4'', ''tls_stack'') GROUP BY fingerprint'))
LAYOUT(COMPLEX_KEY_HASHED)
LIFETIME(0);

CREATE DICTIONARY IF NOT EXISTS ja4_processing.dict_browser_h2
(
    h2_fingerprint String,
    browser_family String DEFAULT '',
    client String DEFAULT '',
    context String DEFAULT ''
)
PRIMARY KEY h2_fingerprint
SOURCE(CLICKHOUSE(QUERY '
    SELECT fingerprint, if(argMax(context, own) = ''browser'', argMax(name, own), ''''),
        argMax(name, own), argMax(context, own)
    FROM (SELECT *, origin != ''shipped'' AS own FROM ja4_processing.ref_clients)
    WHERE kind = ''h2'' GROUP BY fingerprint'))
LAYOUT(COMPLEX_KEY_HASHED)
LIFETIME(0);
