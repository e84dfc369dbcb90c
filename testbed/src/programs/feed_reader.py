"""A feed reader: the same address again and again, conditionally. Arguments: CA file, seconds between, times."""
import ssl
import sys
import time
import urllib.error
import urllib.request

context = ssl.create_default_context(cafile=sys.argv[1])
every, times = float(sys.argv[2]), int(sys.argv[3])
validator = None
for _ in range(times):
    request = urllib.request.Request("https://shop.example/feed.xml")
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
    time.sleep(every)
