#!/bin/sh
# Runs an errand with a new curl, and so a new connection, per request. Arguments: CA file, site, errand.
while IFS='	' read -r wait method path form; do
  [ "$wait" = header ] && continue
  sleep "$wait"
  if [ "$method" = POST ]; then
    curl -s --cacert "$1" -o /dev/null --data "$form" "$2$path" || exit
  else
    curl -s --cacert "$1" -o /dev/null "$2$path" || exit
  fi
done < "$3"
