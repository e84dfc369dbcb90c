#!/bin/sh
# A new curl, and so a new connection, for every page. Arguments: CA file, seconds between, pages, first product.
id=$4
for _ in $(seq "$3"); do
  curl -s --cacert "$1" -o /dev/null "https://shop.example/product/$id.html"
  id=$((100 + (id - 99) % 48))
  sleep "$2"
done
