#!/bin/bash
# Runs the named scenarios against each liar beside this file; the events of each run stand between its markers.
# usage: each.sh SCENARIO...    the last one alone for who fails before it matters which rung it is
here=$(dirname "$(readlink -f "$0")")
for liar in /usr/bin/sleep "$here"/*.mjs "$here"/*.sh; do
  [ "$liar" = "$here/each.sh" ] && continue
  chmod +x "$liar"
  echo "=== $(basename "$liar")"
  case $(basename "$liar") in
    dies-at-once.sh | never-ready.sh | malformed-report.sh | stale-report.mjs) scenarios=("${@: -1}") ;;
    *) scenarios=("$@") ;;
  esac
  AEGIS_BIN=$liar node /opt/aegis/lib/src/guest-main.js 10 "${scenarios[@]}"
  echo "=== exit $?"
done
# Mutants of single hooks have tests of their own.
for object in /opt/aegis/build/bpf/mutants/{no-signal,deny-inverted,no-scope}.bpf.o; do
  echo "=== $(basename "$object")"
  AEGIS_BPF_OBJ=$object AEGIS_ALLOW_UNSIGNED_BPF=1 \
    node /opt/aegis/lib/src/guest-main.js 10 "$@"
  echo "=== exit $?"
done
