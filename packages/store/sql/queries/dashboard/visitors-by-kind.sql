-- Who the visitors are, by evidence and not by claim: a known robot (its network or fingerprint is on a list), a
-- browser (its TLS stack is known from one), or unknown; the unknown ones by what they say they are. An address
-- that several clients share counts as its most urgent session.
SELECT
    kind,
    name,
    main_says AS says,
    count() AS visitors,
    countIf(urgent) AS urgent_visitors
FROM
(
    SELECT
        src_ip,
        multiIf(main.1 != '', 'robot', main.2 != '', 'browser', 'unknown') AS kind,
        if(kind = 'unknown', multiIf(trimBoth(main.3) = '', 'nothing', match(substringUTF8(main.3, 1, 512), {robot_pattern:String}), 'program', match(substringUTF8(main.3, 1, 512), {browser_pattern:String}), 'browser', 'program'), '') AS main_says,
        multiIf(kind = 'robot', main.1, kind = 'browser', main.2, main_says = 'program', extract(main.3, '^[A-Za-z][A-Za-z0-9._-]{0,30}'), '') AS name,
        urgent
    FROM
    (
        SELECT
            src_ip,
            argMin((bot_name, browser_family, first_ua), (rank, -anomaly_score)) AS main,
            max(has({urgent:Array(String)}, threat_level)) AS urgent
        FROM
        (
            SELECT
                src_ip, tls_stack, host, model_name, threat_level, bot_name, browser_family, first_ua, anomaly_score,
                if(indexOf({levels:Array(String)}, threat_level) = 0, 99, indexOf({levels:Array(String)}, threat_level)) AS rank
            FROM ja4_processing.ml_all_scores
            WHERE last_seen >= {from:DateTime64(3)} AND first_seen <= {to:DateTime64(3)}
            ORDER BY detected_at DESC
            LIMIT 1 BY src_ip, tls_stack, host, model_name
        )
        GROUP BY src_ip
    )
)
GROUP BY kind, name, says
ORDER BY visitors DESC, name, says
LIMIT 60
