"""Runs an errand with httpx. Arguments: CA file, site, errand, 1 or 2 for the version of HTTP."""
import sys
import time

import httpx

import errand

authority, site, file, version = sys.argv[1:5]
headers, wanted = errand.read(file)
transport = httpx.HTTPTransport(http2=version == "2", verify=authority, retries=2)
with httpx.Client(transport=transport, headers=headers, timeout=20) as client:
    for wait, method, path, form in wanted:
        time.sleep(wait)
        client.request(method, site + path, content=form or None, headers=errand.FORM if form else None)
