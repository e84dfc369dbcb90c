#!/bin/sh
# Runs a command again and again, and stops when it fails. Arguments: times, seconds between, command.
times=$1
seconds=$2
shift 2
for i in $(seq "$times"); do
  [ "$i" -eq 1 ] || sleep "$seconds"
  "$@" || exit
done
