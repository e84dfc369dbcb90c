"""A Scrapy spider that follows the shop's links and reads prices. Argument: site."""
import scrapy


class ShopSpider(scrapy.Spider):
    name = "shop"

    def __init__(self, site, **more):
        super().__init__(**more)
        self.start_urls = [f"{site}/"]

    def parse(self, response):
        if not isinstance(response, scrapy.http.TextResponse):
            return
        yield {"url": response.url, "price": response.css(".price::text").get()}
        yield from response.follow_all(css="nav a, main a")
