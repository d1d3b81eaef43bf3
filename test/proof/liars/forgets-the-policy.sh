#!/bin/bash
# Claims to enforce, with real programs attached and a canary that was really felt, but the rule is not in force.
if [ "$1 $2" = "policy apply" ]; then
  sed -i '/^\//d' "$3"
fi
exec /opt/aegis/build/bin/aegis-agent "$@"
