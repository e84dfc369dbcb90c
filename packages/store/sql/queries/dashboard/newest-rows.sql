-- Whether anything has ever arrived, and when last: what empty pages need to say why they are empty.
SELECT
    (SELECT max(time) FROM ja4_logs.http_logs) AS last_request,
    (SELECT count() FROM ja4_logs.http_logs) AS requests,
    (SELECT max(detected_at) FROM ja4_processing.ml_all_scores) AS last_verdict,
    (SELECT count() FROM ja4_processing.ml_all_scores) AS verdicts
