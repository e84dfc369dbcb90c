-- Who the visitors are, by evidence and not by claim: a declared robot (its network or fingerprint is on a
-- list), a browser (its TLS stack is known from one), or unknown; the unknown ones by what they say they are.
SELECT
    kind,
    name,
    count() AS visitors,
    countIf(urgent) AS urgent_visitors
FROM
(
    SELECT
        src_ip,
        multiIf(any_bot != '', 'robot', any_family != '', 'browser', 'unknown') AS kind,
        multiIf(
            any_bot != '', any_bot,
            any_family != '', any_family,
            extract(any_ua, '^[A-Za-z][A-Za-z0-9._-]{0,30}')) AS name,
        urgent
    FROM
    (
        SELECT
            src_ip,
            max(bot_name) AS any_bot,
            max(browser_family) AS any_family,
            anyLast(first_ua) AS any_ua,
            max(has({urgent:Array(String)}, threat_level)) AS urgent
        FROM
        (
            SELECT src_ip, tls_stack, host, model_name, threat_level, bot_name, browser_family, first_ua
            FROM ja4_processing.ml_all_scores
            WHERE last_seen >= {from:DateTime64(3)} AND first_seen <= {to:DateTime64(3)}
            ORDER BY detected_at DESC
            LIMIT 1 BY src_ip, tls_stack, host, model_name
        )
        GROUP BY src_ip
    )
)
GROUP BY kind, name
ORDER BY visitors DESC, name
LIMIT 60
