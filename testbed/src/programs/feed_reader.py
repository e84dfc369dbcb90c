"""A feed reader: the same address again and again, conditionally. Arguments: CA file, site, seconds between, times."""
import ssl
import sys
import time
import urllib.error
import urllib.request

authority, site, every, times = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
context = ssl.create_default_context(cafile=authority)
validator = None
for round in range(times):
    if round:
        time.sleep(every)
    request = urllib.request.Request(f"{site}/feed.xml")
    request.add_header("User-Agent", "ExampleReader/3.2 (feed reader)")
    if validator:
        request.add_header("If-None-Match", validator)
    try:
        with urllib.request.urlopen(request, timeout=20, context=context) as answer:
            validator = answer.headers.get("ETag")
            answer.read()
    except urllib.error.HTTPError as answer:
        if answer.code != 304:
            raise
