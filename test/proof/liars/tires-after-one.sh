#!/bin/bash
# Enforces until the first event, then stops and takes its programs down.
[ "$1" = run ] && exec > >(read -r _ && kill -TERM $$)
exec /opt/aegis/build/bin/aegis-agent "$@"
