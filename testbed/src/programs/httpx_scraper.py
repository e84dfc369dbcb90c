"""Follows links to categories and products over HTTP/2 with httpx. Arguments: CA file, site, seed, speed, pages."""
import random
import re
import sys
import time

import httpx

authority, site, seed, speed, pages = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
chance = random.Random(seed)
with httpx.Client(http2=True, verify=authority, timeout=20) as client:
    queue, seen = ["/"], set()
    while queue and len(seen) < pages:
        path = queue.pop(0)
        if path in seen:
            continue
        seen.add(path)
        text = client.get(site + path).text
        queue += [p for p in re.findall(r'href="(/(?:category|product)/[^"]+)"', text) if p not in seen]
        time.sleep(chance.uniform(0.1, 0.5) / speed)
