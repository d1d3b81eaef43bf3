#!/bin/bash
# Runs inside the guest, as root under systemd: programs and agents with one
# thing taken out, each of which a point of classes.guest.sh has to name. The
# same point holds with the genuine ones, as that script itself shows. Prints TAP.
#   usage: mutants.guest.sh OBJECTS_DIR AGENTS_DIR
set -u
OBJECTS=${1:?} AGENTS=${2:?}
HERE=$(dirname "$0")
points=0 failures=0

# The mutant lives when the point does not fail, or the script did not get there.
caught() { # name point rung class [variable=value...]
  local name=$1 point=$2 rung=$3 class=$4 out; shift 4
  points=$((points + 1))
  out=$(env "$@" ONLY="$point" bash "$HERE/classes.guest.sh" "$rung" "$class" 2>&1)
  if printf '%s' "$out" | grep -q "^ok [0-9]* - $rung: .*agent ready" && printf '%s' "$out" | grep -qF "not ok" &&
    printf '%s' "$out" | grep "^not ok" | grep -qF -- "- $rung: $point"; then echo "ok $points - $name is caught by: $point"
  else failures=$((failures + 1)); echo "not ok $points - $name is caught by: $point"; printf '%s\n' "$out" | tail -8 | sed 's/^/# /'; fi
}
dropped() { caught "drop-$1" "$2" "${4:-lsm}" "$3" OBJECT="$OBJECTS/drop-$1.bpf.o"; } # hook point class [rung]

# Not among them: exec_program, behind which exec_open stands, and the hooks of files (test/proof/evasion/dropped-hooks).
dropped exec_open "exec: through an overlay" exec
dropped exec_mapping "exec: by the loader" exec
dropped exec_protect "exec: a mapping made executable later" exec
dropped socket_connect "network: connect to a denied address" network
dropped socket_sendmsg "network: send to a denied address" network
dropped socket_bind "network: bind of a datagram socket" network
dropped socket_listen "network: a socket bound before does not listen" network
dropped socket_accept "network: one that listened before does not accept" network
dropped ptrace_access "ptrace: seize" ptrace
dropped ptrace_traceme "ptrace: traceme" ptrace
dropped module_memory "module: from memory" module
dropped module_file "module: from a file" module
dropped module_request "module: on request" module
dropped bpf_command "bpf: making a map" bpf
dropped pin_unlink "bpf: removing the pins" bpf
dropped pin_rmdir "bpf: removing their folder" bpf
dropped pin_rename "bpf: moving the pins" bpf
dropped syscall_exec "exec: the tool is stopped" exec tracepoint
dropped syscall_network "network: connect to a denied address" network tracepoint
dropped syscall_ptrace "ptrace: seize" ptrace tracepoint
dropped syscall_module "module: from memory" module tracepoint
dropped syscall_bpf "bpf: making a map" bpf tracepoint
for mutant in no-pins no-canary; do mkdir -p "/root/bin-$mutant"; cp "$AGENTS/agent-$mutant" "/root/bin-$mutant/aegis-agent"; chmod 755 "/root/bin-$mutant/aegis-agent"; done
caught agent-no-pins "exec: after SIGKILL of the agent the tool is stopped" lsm exec PATH="/root/bin-no-pins:$PATH"
caught agent-no-canary "exec: the tool is stopped" fentry exec PATH="/root/bin-no-canary:$PATH" OBJECT="$OBJECTS/no-signal.bpf.o"
# The last: without that hook bpffs is gone.
dropped pin_unmount "bpf: unmounting bpffs" bpf
echo "1..$points"
exit $((failures > 0))
