"""A feed reader on feedparser, conditional after the first time. Arguments: site, seconds between, times."""
import sys
import time

import feedparser

site, every, times = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
agent = "ExampleReader/4.1 (feedparser; 3 subscribers)"
etag = modified = None
for round in range(times):
    if round:
        time.sleep(every)
    feed = feedparser.parse(f"{site}/feed.xml", agent=agent, etag=etag, modified=modified)
    if "status" not in feed:
        sys.exit(str(feed.get("bozo_exception", "no answer")))
    etag, modified = feed.get("etag", etag), feed.get("modified", modified)
