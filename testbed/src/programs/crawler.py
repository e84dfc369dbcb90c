"""A declared crawler that asks robots.txt first and follows links, about a page a second.

Arguments: CA file, site, seed, speed, pages.
"""
import random
import re
import sys
import time
import urllib.parse
import urllib.robotparser

import requests

authority, site, seed, speed, pages = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
agent = "ExampleBot/1.0 (+https://crawler.example/bot.html)"
chance = random.Random(seed)
session = requests.Session()
session.verify = authority
session.mount("https://", requests.adapters.HTTPAdapter(max_retries=2))
session.headers.update({"User-Agent": agent, "From": "bot@crawler.example"})
rules = urllib.robotparser.RobotFileParser()
rules.parse(session.get(f"{site}/robots.txt", timeout=20).text.splitlines())
queue, seen = [f"{site}/"], set()
while queue and len(seen) < pages:
    address = queue.pop(0 if chance.random() < 0.7 else chance.randrange(len(queue)))
    if address in seen or not rules.can_fetch(agent, address):
        continue
    seen.add(address)
    answer = session.get(address, timeout=20)
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        found = (urllib.parse.urljoin(address, link) for link in re.findall(r'<a[^>]+href="([^"#]+)"', answer.text))
        queue += [link for link in found if link.startswith(f"{site}/") and link not in seen]
    time.sleep(chance.uniform(0.6, 1.6) / speed)
