"""Scrapes product pages with requests under a copied browser User-Agent. Arguments: CA file, seed, speed, pages."""
import random
import sys
import time

import requests

authority, seed, speed, pages = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
chance = random.Random(seed)
session = requests.Session()
session.verify = authority
session.mount("https://", requests.adapters.HTTPAdapter(max_retries=2))
session.headers["User-Agent"] = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Safari/537.36"
)
for product in chance.sample(range(100, 148), min(pages, 48)):
    session.get(f"https://shop.example/product/{product}.html", timeout=20)
    time.sleep(chance.uniform(0.6, 1.6) / speed)
