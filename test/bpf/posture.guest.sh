#!/bin/bash
# Runs inside the guest, as root under systemd, booted without bpf in lsm=:
# what the agent claims when a rung is missing, broken or tampered with, and
# what scope, exemption, reload, restart and audit do. Prints TAP.
#   usage: posture.guest.sh [MUTANTS_DIR]
INSTANCE=posture
. "$(dirname "$0")/points.sh"
MUTANTS=${1:-}
SECRET=$WORK/secret
POLICY=$WORK/policy
PINS=/sys/fs/bpf/aegis/$INSTANCE
reads() { inside grep -q TOP-SECRET "$SECRET"; }
stopped() { local out; out=$(inside cat "$SECRET" 2>&1) && { echo "read: $out"; return 1; }; case $out in *TOP-SECRET*) false;; esac; }
start() { # [-p X=Y | --setenv=..]... -- flags...
  local properties=()
  while [ $# -gt 0 ] && [ "$1" != -- ]; do properties+=("$1"); shift; done
  shift
  systemctl reset-failed $UNIT 2>/dev/null
  systemd-run --quiet --unit=$UNIT --service-type=notify "${properties[@]}" -- aegis-agent run --instance=$INSTANCE "$@"
}
stop() { systemctl stop $UNIT; agent detach >/dev/null; }
# The state within a second of now, or the last one seen.
becomes() { local i; for i in $(seq 20); do [ "$(field runtime_state)" = "$1" ] && return 0; sleep 0.05; done; echo "state $(field runtime_state): $(field message)"; return 1; }
fails_with() { # code pattern command...
  local code=$1 pattern=$2 out; shift 2
  out=$("$@" 2>&1); local got=$?
  [ $got -eq "$code" ] && printf '%s' "$out" | grep -q "$pattern" || { echo "exit $got: $out"; return 1; }
}

echo TOP-SECRET >"$SECRET"
echo innocent >"$WORK/innocent"
printf 'version=1\n[deny_path]\n%s\n' "$SECRET" >"$POLICY"
printf 'lockdown,capability' >"$WORK/no-bpf"
printf 'lockdown,capability,bpf' >"$WORK/with-bpf"
NO_BPF=--setenv=AEGIS_LSM_PATH=$WORK/no-bpf

ok "policy applied" agent policy apply "$POLICY"
ok "policy shown is the file" sh -c "aegis-agent policy show --instance=$INSTANCE | cmp - $POLICY"
printf 'version=1\n[deny_path]\n/absent\n' >"$WORK/bad"
ok "a bad policy is refused" fails_with 1 "line 3, column 1" agent policy apply "$WORK/bad"
ok "and the one in force stays" sh -c "aegis-agent policy show --instance=$INSTANCE | cmp - $POLICY"
ok "misuse is exit 2" fails_with 2 "Did you mean --enforce?" aegis-agent run --enforse

ok "no BPF-LSM, not opted in: refused" fails_with 1 BPF_LSM_DISABLED agent run --enforce
ok "the refusal is in the report" blocked_by BPF_LSM_DISABLED
ok "no claim is left" is "$(field audit_only)" true
ok "listed but inert: refused" env AEGIS_LSM_PATH="$WORK/with-bpf" bash -c "aegis-agent run --enforce --instance=$INSTANCE; [ \$? -eq 1 ]"
ok "listed but inert: BPF_LSM_INERT" blocked_by BPF_LSM_INERT
ok "nothing stays attached" sh -c "! ls $PINS/links-*"
ok "reads go on" reads
ok "no BPF-LSM, auto: starts" start -- --enforce --enforce-fallback=auto
ok "strongest rung without BPF-LSM is the override" is "$(field runtime_state)" ENFORCE_OVERRIDE
ok "BPF_LSM_DISABLED still listed" blocked_by BPF_LSM_DISABLED
ok "stopped by it" stopped
stop
agent policy apply "$POLICY" >/dev/null

ok "signal none refuses a signal rung" env AEGIS_LSM_PATH="$WORK/no-bpf" bash -c \
  "aegis-agent run --enforce --enforce-fallback=signal --enforce-signal=none --instance=$INSTANCE; [ \$? -eq 1 ]"

ok "audit fallback starts" start $NO_BPF -- --enforce --enforce-gate-mode=audit-fallback
ok "audit fallback says so" is "$(field runtime_state)/$(field audit_only)" AUDIT_FALLBACK/true
ok "audit fallback lists its seam" grep -q AEGIS_LSM_PATH "$REPORT"
ok "audit fallback denies nothing" reads
ok "but reports" sh -c "for i in \$(seq 20); do journalctl -u $UNIT -o cat | grep '\"action\":\"audit\"' | grep -q $SECRET && exit 0; sleep 0.1; done; exit 1"
stop; agent policy apply "$POLICY" >/dev/null

ok "term: starts" start $NO_BPF -- --enforce --enforce-fallback=signal --enforce-signal=term
ok "term: cat dies of SIGTERM" bash -c "systemd-run --quiet --scope -- cat $SECRET; [ \$? -eq 143 ]"
stop; agent policy apply "$POLICY" >/dev/null

# Scope and exemption, on the rung every boot has.
ok "a scope that is not there is refused" fails_with 1 "find cgroup" agent run --enforce --scope-cgroup=/absent.slice
mkdir -p /sys/fs/cgroup/aegis-in.slice /sys/fs/cgroup/aegis-out.slice
within() { local group=$1; shift; bash -c 'echo $$ >/sys/fs/cgroup/$0/cgroup.procs && exec "$@"' "$group" "$@"; }
ok "scoped: starts" start $NO_BPF -- --enforce --enforce-fallback=override --scope-cgroup=/sys/fs/cgroup/aegis-in.slice
confined() { sed -n "s/^$1:\t*//p" "/proc/$(systemctl show -P MainPID $UNIT)/status"; }
ok "the daemon runs under a system call filter" is "$(confined Seccomp)" 2
ok "and can gain no privileges" is "$(confined NoNewPrivs)" 1
ok "and keeps CAP_BPF alone" is "$(confined CapEff)/$(confined CapBnd)" 0000008000000000/0000000000000000
ok "scoped: inside is stopped" fails_with 1 "not permitted" within aegis-in.slice cat "$SECRET"
ok "scoped: outside reads" within aegis-out.slice cat "$SECRET"
ok "scoped: an innocent act inside goes on" within aegis-in.slice cat "$WORK/innocent"
printf 'version=1\n[deny_path]\n%s\n[allow_cgroup]\n/aegis-in.slice\n' "$SECRET" >"$WORK/exempting"
ok "an exemption is applied while it runs" agent policy apply "$WORK/exempting"
ok "the exempt cgroup reads" within aegis-in.slice cat "$SECRET"
printf 'version=1\n[deny_path]\n%s\n' "$WORK/innocent" >"$WORK/other"
ok "another policy replaces it whole" agent policy apply "$WORK/other" --reset
ok "the rule that is gone is gone" within aegis-in.slice cat "$SECRET"
ok "the new rule is in force" fails_with 1 "not permitted" within aegis-in.slice cat "$WORK/innocent"
ok "the report follows the policy" sh -c "for i in \$(seq 20); do grep -q '\"generation\": [3-9]' $REPORT && exit 0; sleep 0.05; done; exit 1"

# Tampering from outside.
rm -rf "$PINS"/links-*
ok "pins removed from outside are put back and recorded" sh -c \
  "for i in \$(seq 20); do grep -q 'were put back' $REPORT && ls $PINS/links-*/* && exit 0; sleep 0.05; done; exit 1"
ok "and the state holds" is "$(field runtime_state)" ENFORCE_OVERRIDE
stop; agent policy apply "$POLICY" >/dev/null
rmdir /sys/fs/cgroup/aegis-in.slice /sys/fs/cgroup/aegis-out.slice

# No success across restarts and reloads.
ok "gap: starts" start $NO_BPF -- --enforce --enforce-fallback=override
systemd-run --quiet --unit=aegis-gap -- bash -c "while :; do cat $SECRET && echo >>$WORK/leaks || echo >>$WORK/tries; done 2>/dev/null"
for i in 1 2 3 4 5; do
  systemctl kill -s KILL $UNIT; while systemctl is-active -q $UNIT; do :; done
  start $NO_BPF -- --enforce --enforce-fallback=override || echo "# restart $i failed"
  agent policy apply "$POLICY" --reset >/dev/null || echo "# reload $i failed"
done
systemctl stop aegis-gap
ok "gap: no read came through in 5 kills, restarts and reloads" test ! -e "$WORK/leaks"
ok "gap: the reader really tried" test -s "$WORK/tries"
stop; agent policy apply "$POLICY" >/dev/null

ok "on-stop=detach: starts" start $NO_BPF -- --enforce --enforce-fallback=override --on-stop=detach
systemctl stop $UNIT
ok "on-stop=detach: reads work when the stop is done" reads
ok "on-stop=detach: report claims nothing" is "$(field audit_only)/$(field guarantee)" true/none

ok "no capability: refused" fails_with 1 PERMISSION_MISSING systemd-run --quiet --pipe --wait \
  -p CapabilityBoundingSet=~"CAP_SYS_ADMIN CAP_BPF CAP_PERFMON" -- aegis-agent run --enforce --instance=$INSTANCE
ok "no BTF: refused" fails_with 1 CORE_UNSUPPORTED env AEGIS_BTF_VMLINUX_PATH=/absent aegis-agent run --enforce --instance=$INSTANCE
ok "no bpffs: refused" fails_with 1 BPFFS_UNMOUNTED env AEGIS_PIN_ROOT="$WORK/pins" aegis-agent run --enforce --instance=$INSTANCE
cp /opt/aegis/build/bpf/aegis.bpf.o "$WORK/same.o"
ok "the built object, loose, needs no consent" env AEGIS_BPF_OBJ="$WORK/same.o" aegis-agent policy apply "$POLICY" --instance=$INSTANCE

if [ -n "$MUTANTS" ]; then
  sum=$(sha256sum <"$MUTANTS/no-signal.bpf.o"); echo "${sum%% *}" >"$WORK/hash"
  ok "an unknown object is refused" fails_with 1 "not a known one" env AEGIS_BPF_OBJ="$MUTANTS/no-signal.bpf.o" aegis-agent policy apply "$POLICY" --instance=$INSTANCE
  ok "a known digest is taken" env AEGIS_BPF_OBJ="$MUTANTS/no-signal.bpf.o" AEGIS_BPF_OBJ_HASH_PATH="$WORK/hash" aegis-agent policy apply "$POLICY" --instance=$INSTANCE
  ok "no-signal: no rung is claimed" fails_with 1 "did not feel" env AEGIS_LSM_PATH="$WORK/no-bpf" AEGIS_ALLOW_UNSIGNED_BPF=1 \
    AEGIS_BPF_OBJ="$MUTANTS/no-signal.bpf.o" aegis-agent run --enforce --enforce-fallback=signal --instance=$INSTANCE
fi
agent detach >/dev/null
finish
