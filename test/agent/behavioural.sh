#!/bin/bash
# The behavioural proof of the signal fallback as a plain shell script, the way an operator would write it: apply a
# policy, run the agent on an LSM list without bpf, read three fields of the report as text, and see a process die.
# Run as root under systemd. Environment: AEGIS_BIN, AEGIS_BPF_OBJ. Exit: 0 held, 1 did not; prints each step.
set -u
: "${AEGIS_BIN:?}" "${AEGIS_BPF_OBJ:?}"
export AEGIS_BPF_OBJ
work=$(mktemp -d /var/tmp/behavioural-XXXXXX)
agent=
trap '[ -n "$agent" ] && kill "$agent" 2>/dev/null; wait 2>/dev/null; "$AEGIS_BIN" detach >/dev/null 2>&1; rm -rf "$work"' EXIT
fail() {
  echo "not ok - $1"
  [ -s "$work/agent.log" ] && tail -n 20 "$work/agent.log"
  exit 1
}

echo "the secret" >"$work/denied"
printf 'version=1\n[deny_path]\n%s\n' "$work/denied" >"$work/policy"
echo "lockdown,capability,yama,apparmor" >"$work/lsm"

systemd-run --scope --quiet -- cat "$work/denied" | grep -q 'the secret' || fail "control: cat reads the file without the agent"
echo "ok - control: cat reads the file without the agent"

export AEGIS_LSM_PATH=$work/lsm AEGIS_CAPABILITIES_REPORT_PATH=$work/capabilities.json
"$AEGIS_BIN" policy apply "$work/policy" --reset || fail "the policy is applied"
echo "ok - the policy is applied"

"$AEGIS_BIN" run --enforce --enforce-fallback=signal --enforce-gate-mode=audit-fallback >"$work/agent.log" 2>&1 &
agent=$!
for _ in $(seq 200); do
  grep -q '"runtime_state": *"ENFORCE' "$AEGIS_CAPABILITIES_REPORT_PATH" 2>/dev/null && break
  kill -0 "$agent" 2>/dev/null || fail "the agent runs"
  sleep 0.05
done
for field in '"runtime_state": *"ENFORCE_SIGNAL"' '"audit_only": *false' '"enforce_capable": *false'; do
  grep -q "$field" "$AEGIS_CAPABILITIES_REPORT_PATH" || fail "the report has $field"
  echo "ok - the report has $field"
done

out=$(systemd-run --scope --quiet -- cat "$work/denied" 2>/dev/null)
code=$?
[ "$code" -gt 128 ] || fail "cat of the denied file dies by a signal (exit $code)"
[ -z "$out" ] || fail "nothing of the denied file came out"
echo "ok - cat of the denied file dies by a signal (exit $code) and prints nothing"
