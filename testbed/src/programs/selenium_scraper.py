"""Reads pages with Selenium as its documentation shows it. Arguments: profile folder, addresses."""
import sys

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

options = webdriver.ChromeOptions()
options.binary_location = "/usr/bin/chromium"
for argument in ("--headless=new", "--no-sandbox", f"--user-data-dir={sys.argv[1]}"):
    options.add_argument(argument)
with webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options) as browser:
    for address in sys.argv[2:]:
        browser.get(address)
        browser.find_elements(By.CSS_SELECTOR, ".price")
