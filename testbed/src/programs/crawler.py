"""A declared, polite crawler: robots.txt first, then the sitemap, one page a second. Arguments: CA file, speed, pages."""
import re
import sys
import time
import urllib.robotparser

import requests

authority, speed, pages = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
agent = "ExampleBot/1.0 (+https://crawler.example/bot.html)"
session = requests.Session()
session.verify = authority
session.mount("https://", requests.adapters.HTTPAdapter(max_retries=2))
session.headers.update({"User-Agent": agent, "From": "bot@crawler.example"})
rules = urllib.robotparser.RobotFileParser()
rules.parse(session.get("https://shop.example/robots.txt", timeout=20).text.splitlines())
sitemap = session.get("https://shop.example/sitemap.xml", timeout=20).text
for address in re.findall(r"<loc>([^<]+)</loc>", sitemap)[:pages]:
    if rules.can_fetch(agent, address):
        session.get(address, timeout=20)
    time.sleep(1 / speed)
