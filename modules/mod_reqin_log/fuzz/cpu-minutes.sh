#!/bin/sh
# cpu-minutes.sh MINUTES COMMAND…: runs a fuzzer until it has had that much CPU time, then interrupts it, so that
# a busy machine fuzzes as much as an idle one. Its own exit status when it ends before that.
limit=$(($1 * 60 * $(getconf CLK_TCK)))
shift
"$@" &
fuzzer=$!
trap 'kill -INT $fuzzer' INT TERM
while sleep 1 && used=$(cut -d ' ' -f 14-15 "/proc/$fuzzer/stat" 2>/dev/null | tr ' ' +) && [ -n "$used" ]; do
  [ $(($used)) -lt $limit ] && continue
  kill -INT $fuzzer
  wait $fuzzer
  echo "CPU seconds: $((($used) / $(getconf CLK_TCK)))"
  exit 0
done
wait $fuzzer
