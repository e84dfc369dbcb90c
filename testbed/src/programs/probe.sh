#!/bin/sh
# A monitoring probe: is the front page there? Arguments: CA file, seconds between, times.
for _ in $(seq "$3"); do
  curl -s --head --http1.1 -A 'ExampleMonitor/2.0 (uptime probe)' --cacert "$1" -o /dev/null https://shop.example/
  sleep "$2"
done
