#!/bin/bash
# Enforces, but writes half a report.
if [ "$1" = run ]; then
  honest=$AEGIS_CAPABILITIES_REPORT_PATH
  printf '{"runtime_state": "ENFORCE", "audit_only": fal' > "$honest"
  export AEGIS_CAPABILITIES_REPORT_PATH=$honest.real
fi
exec /opt/aegis/build/bin/aegis-agent "$@"
