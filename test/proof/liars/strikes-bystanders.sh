#!/bin/bash
# Enforces on the whole machine instead of in its scope.
args=()
while [ $# -gt 0 ]; do
  if [ "$1" = --scope-cgroup ]; then shift 2; continue; fi
  args+=("$1")
  shift
done
exec /opt/aegis/build/bin/aegis-agent "${args[@]}"
