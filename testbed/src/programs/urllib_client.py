"""Runs an errand with urllib, a connection per request. Arguments: CA file, site, errand."""
import ssl
import sys
import time
import urllib.error
import urllib.request

import errand

authority, site, file = sys.argv[1:4]
headers, wanted = errand.read(file)
context = ssl.create_default_context(cafile=authority)
for wait, method, path, form in wanted:
    time.sleep(wait)
    request = urllib.request.Request(site + path, data=form.encode() or None, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20, context=context) as answer:
            answer.read()
    except urllib.error.HTTPError as answer:
        answer.close()
