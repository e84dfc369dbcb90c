"""Runs an errand with requests, connections kept. Arguments: CA file, site, errand."""
import sys
import time

import requests

import errand

authority, site, file = sys.argv[1:4]
headers, wanted = errand.read(file)
session = requests.Session()
session.verify = authority
session.mount("https://", requests.adapters.HTTPAdapter(max_retries=2))
session.headers.update(headers)
for wait, method, path, form in wanted:
    time.sleep(wait)
    session.request(method, site + path, data=form or None, headers=errand.FORM if form else None, timeout=20)
