#!/bin/bash
# Runs inside the guest, as root under systemd, booted with
# lockdown=confidentiality on a kernel that cannot cast pointers (before 6.2):
# the network class is refused and named, and every other class goes on. TAP.
INSTANCE=confidential
. "$(dirname "$0")/points.sh"
apply() { printf '%s\n' version=1 "$@" >"$WORK/policy"; aegis-agent policy apply "$WORK/policy" --instance=$INSTANCE; }
fails_with() { local pattern=$1 out; shift; out=$("$@" 2>&1) && { echo "went through: $out"; return 1; }; printf '%s' "$out" | grep -q "$pattern" || { echo "$out"; return 1; }; }

cp /bin/true "$WORK/denied"
ok "locked down" grep -q '\[confidentiality\]' /sys/kernel/security/lockdown
ok "a policy with networks is taken" apply '[deny_ip]' 192.0.2.1
for flags in "" --enforce-fallback=override "--enforce-fallback=signal --signal-arm=fentry"; do
  ok "but not enforced: ${flags:-lsm}" fails_with NETWORK_HOOK_UNAVAILABLE aegis-agent run --enforce $flags --instance=$INSTANCE
  ok "named in the report: ${flags:-lsm}" blocked_by NETWORK_HOOK_UNAVAILABLE
  ok "and what stops it: ${flags:-lsm}" blocked_by LOCKDOWN_CONFIDENTIALITY
done
ok "nothing is claimed" is "$(field audit_only)/$(field guarantee)" true/none
apply '[deny_exec_path]' "$WORK/denied" >/dev/null
ok "without them it starts" systemd-run --quiet --unit=$UNIT --service-type=notify -- aegis-agent run --enforce --instance=$INSTANCE
ok "and enforces" is "$(field runtime_state)" ENFORCE
ok "the program is denied" fails_with "not permitted" systemd-run --quiet --scope -- "$WORK/denied"
ok "adding networks while it runs is refused" fails_with NETWORK_HOOK_UNAVAILABLE apply '[deny_exec_path]' "$WORK/denied" '[deny_ip]' 192.0.2.1
ok "the policy in force stays" fails_with "not permitted" systemd-run --quiet --scope -- "$WORK/denied"
ok "and is the one shown" sh -c "aegis-agent policy show --instance=$INSTANCE | grep -q deny_exec_path && ! aegis-agent policy show --instance=$INSTANCE | grep -q deny_ip"
ok "the other classes may be added" apply '[deny_exec_path]' "$WORK/denied" '[deny_ptrace]' '[deny_module_load]'
ok "and the state holds" is "$(field runtime_state)" ENFORCE
systemctl stop $UNIT
aegis-agent detach --instance=$INSTANCE >/dev/null
finish
