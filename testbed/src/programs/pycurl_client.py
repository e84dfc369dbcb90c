"""Runs an errand with libcurl through pycurl. Arguments: CA file, site, errand."""
import sys
import time

import pycurl

import errand

authority, site, file = sys.argv[1:4]
headers, wanted = errand.read(file)
curl = pycurl.Curl()
curl.setopt(pycurl.CAINFO, authority)
curl.setopt(pycurl.TIMEOUT, 20)
curl.setopt(pycurl.WRITEFUNCTION, lambda data: None)
curl.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in headers.items()])
for wait, method, path, form in wanted:
    time.sleep(wait)
    curl.setopt(pycurl.URL, site + path)
    if form:
        curl.setopt(pycurl.POSTFIELDS, form)
    else:
        curl.setopt(pycurl.HTTPGET, 1)
    curl.perform()
