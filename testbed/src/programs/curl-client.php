<?php
// Runs an errand with PHP's curl. Arguments: CA file, site, errand.
[, $authority, $site, $errand] = $argv;
$headers = [];
$curl = curl_init();
curl_setopt_array($curl, [CURLOPT_CAINFO => $authority, CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 20]);
foreach (file($errand, FILE_IGNORE_NEW_LINES) as $line) {
    $fields = explode("\t", $line);
    if ($fields[0] === 'header') {
        $headers[] = "$fields[1]: $fields[2]";
        continue;
    }
    [$wait, $method, $path, $form] = $fields;
    usleep((int) ((float) $wait * 1e6));
    curl_setopt($curl, CURLOPT_URL, $site . $path);
    curl_setopt($curl, CURLOPT_HTTPHEADER, $headers);
    if ($method === 'POST') {
        curl_setopt($curl, CURLOPT_POSTFIELDS, $form);
    } else {
        curl_setopt($curl, CURLOPT_HTTPGET, true);
    }
    if (curl_exec($curl) === false) {
        fwrite(STDERR, curl_error($curl) . "\n");
        exit(1);
    }
}
