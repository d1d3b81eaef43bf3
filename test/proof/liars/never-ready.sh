#!/bin/bash
# The daemon hangs and never announces readiness.
[ "$1" = run ] && exec sleep 1000
exec /opt/aegis/build/bin/aegis-agent "$@"
