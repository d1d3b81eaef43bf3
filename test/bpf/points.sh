# Sourced by the scripts beside it, which run inside the guest as root under
# systemd: an instance of its own for each, and test points told as TAP.
#   before: INSTANCE; ONLY, for one point and what it needs (agents and servers); PREFIX, for every point's name
#   after:  WORK, UNIT, REPORT and the functions below; `finish` ends the script
set -u
WORK=$(mktemp -d "/var/tmp/aegis-$INSTANCE.XXXXXX")
UNIT=aegis-$INSTANCE
REPORT=/var/lib/aegis/$INSTANCE/capabilities.json
points=0 failures=0

ok() { # description command...
  local what=$1; shift
  [[ -z ${ONLY:-} || $what == *"agent ready" || $what == *"is there" || $what == "$ONLY" ]] || return 0
  points=$((points + 1))
  if "$@" >"$WORK/out" 2>&1; then echo "ok $points - ${PREFIX:-}$what"; else
    failures=$((failures + 1)); echo "not ok $points - ${PREFIX:-}$what"; tail -5 "$WORK/out" | cut -c1-600 | sed 's/^/# /'; fi
}
finish() { echo "1..$points"; rm -rf "$WORK"; exit $((failures > 0)); }
is() { [ "$1" = "$2" ] || { echo "got '$1', want '$2'"; return 1; }; }
# A value at the top of the report.
field() { sed -n "s/^  \"$1\": \"\\{0,1\\}\\([^\",]*\\)\"\\{0,1\\},\\{0,1\\}\$/\\1/p" "$REPORT"; }
blocked_by() { sed -n '/"enforce_blockers"/,/]/p' "$REPORT" | grep -q "\"$1\"" || { sed -n '/"enforce_blockers"/,/]/p' "$REPORT"; false; }; }
agent() { aegis-agent "$@" --instance="$INSTANCE"; }
# In a cgroup of its own.
inside() { systemd-run --quiet --scope -- "$@"; }
