#!/bin/bash
# Runs inside the guest, as root under systemd, booted with bpf in lsm=: one
# daemon that enforces and answers tool queries. Prints TAP.
INSTANCE=served
. "$(dirname "$0")/points.sh"
SECRET=$WORK/secret
SOCKET=/run/aegis/$INSTANCE/runtime.sock
is_state() { [ "$(field runtime_state)" = "$1" ] || { echo "state $(field runtime_state): $(field message)"; false; }; }
within_a_second() { local i; for i in $(seq 20); do "$@" && return 0; sleep 0.05; done; false; }
stopped() { local out; out=$(systemd-run --quiet --scope -- cat "$SECRET" 2>&1) && { echo "read: $out"; return 1; }; case $out in *TOP-SECRET*) false;; esac; }
# TOOL [COMMAND...]: what asking about a tool comes to, the decision or "nobody" when none can be asked; the command runs
# between the registration and the question.
ask() {
  perl -MIO::Socket::UNIX -e '
    my ($path, $tool, @meanwhile) = @ARGV;
    my $socket = IO::Socket::UNIX->new(Peer => $path) or do { print "nobody"; exit };
    $SIG{ALRM} = sub { print "nobody"; exit };
    alarm 10;
    my $call = sub { print $socket qq({"jsonrpc":"2.0","id":1,"method":"$_[0]","params":{"agentId":"a$$",$_[1]}}\n); my $line = <$socket>; defined $line ? $line : "" };
    my ($token) = $call->("agent.register", q("name":"perl")) =~ /"token":"(\w+)"/;
    system(@meanwhile) if @meanwhile;
    print $call->("policy.query", qq("token":"$token","tool":"$tool","args":{})) =~ /"decision":"(\w+)"/ ? $1 : "nobody"' "$SOCKET" "$@"
}
answers() { local got word=$1; shift; got=$(ask "$@"); [ "$got" = "$word" ] || { echo "got $got"; false; }; }
daemon() { systemctl show --property=MainPID --value $UNIT; }
authority() { pgrep --parent "$(daemon)" --full 'aegis-agent runtime'; }
is_replaced() { local now; now=$(authority) && [ "$now" != "$1" ]; }
is_gone() { ! kill -0 "$1" 2>/dev/null; }
start() { # FLAGS
  systemctl reset-failed $UNIT 2>/dev/null
  systemd-run --quiet --unit=$UNIT --service-type=notify -p StandardError=file:"$WORK/log" -- \
    aegis-agent run --instance=$INSTANCE --enforce "$@"
}
refuses() { # PATTERN FLAGS
  local pattern=$1; shift
  ! start "$@" && grep -q "$pattern" "$WORK/log" || { cat "$WORK/log"; systemctl stop $UNIT; false; }
}
write_policy() { # TOOL-LINES
  { printf 'version=6\n[deny_path]\n%s\n' "$SECRET"; [ -z "$1" ] || printf '[tool]\n%s\n' "$1"; } >"$WORK/policy"
}

echo TOP-SECRET >"$SECRET"
ok "the help lists the runtime" sh -c 'aegis-agent --help | grep -q "^ *runtime "'
write_policy "permit ok.tool"
ok "a policy with a bad tool line is refused" sh -c "! aegis-agent policy apply $WORK/policy --instance=$INSTANCE 2>$WORK/err && grep -q 'line 5, column 1' $WORK/err"
write_policy $'default deny\nallow ok.tool'
ok "the policy is applied" agent policy apply "$WORK/policy"
ok "a socket that cannot be had: refuses to start" refuses "absolute path" --runtime-socket=relative.sock
ok "and claims nothing" is_state DEGRADED

ok "enforcement and authority start as one" start --runtime-socket=$SOCKET
ok "ENFORCE" is_state ENFORCE
ok "an allowed tool is allowed" answers allow ok.tool
ok "any other is denied" answers deny other.tool
ok "the file is denied" stopped
ok "the authority has no capability left" grep -q '^CapPrm:[[:space:]]*0*$' "/proc/$(authority)/status"
ok "and can get none" grep -q '^NoNewPrivs:[[:space:]]*1$' "/proc/$(authority)/status"
ok "it holds no map and no link of the daemon's" sh -c "! ls -l /proc/$(authority)/fd | grep -q bpf"

write_policy $'default deny\nallow other.tool'
ok "a new policy is applied" agent policy apply "$WORK/policy"
ok "the tools follow" within_a_second answers allow other.tool
ok "all of them" answers deny ok.tool

ok "a clock that jumps ahead expires nobody" answers allow other.tool sh -c 'date --set="+1 day" >/dev/null'
ok "nor one that jumps back" answers allow other.tool sh -c 'date --set="-3 days" >/dev/null'
ok "and the daemon still claims what it did" is_state ENFORCE

old=$(authority)
kill -KILL "$old"
ok "the authority killed: the claim ends within a second" within_a_second is_state DEGRADED
ok "the reason is told" grep -q "the runtime authority was killed by signal 9" "$REPORT"
ok "it is started again" within_a_second is_replaced "$old"
ok "and with the policy in force" within_a_second answers allow other.tool
ok "then the claim stands again" is_state ENFORCE

write_policy ""
ok "a policy without tools is applied" agent policy apply "$WORK/policy"
ok "no tool rule outlives it" within_a_second answers error other.tool
ok "and the daemon says that it serves none" is_state DEGRADED
systemctl stop $UNIT
ok "without tools to serve: refuses to start" refuses "no \[tool\] section" --runtime-socket=$SOCKET
ok "under audit-fallback it starts and says so" start --runtime-socket=$SOCKET --enforce-gate-mode=audit-fallback
ok "and does not claim" within_a_second is_state DEGRADED
systemctl stop $UNIT
write_policy $'default deny\nallow ok.tool'
ok "the first policy again" agent policy apply "$WORK/policy"

ok "the environment names the socket as well" sh -c "systemctl reset-failed $UNIT 2>/dev/null; systemd-run --quiet --unit=$UNIT --service-type=notify --setenv=AEGIS_RUNTIME_SOCKET=$SOCKET -p KillMode=process -- aegis-agent run --instance=$INSTANCE --enforce"
ok "it answers" answers allow ok.tool
old=$(authority)
kill -KILL "$(daemon)"
ok "the daemon killed: its authority goes with it" within_a_second is_gone "$old"
ok "no tool is allowed" answers nobody ok.tool
ok "and the file stays denied" stopped
ok "a new daemon takes both over" start --runtime-socket=$SOCKET
ok "it answers" answers allow ok.tool
ok "it denies" stopped
old=$(authority)
kill -STOP "$old"
ok "stops as asked, with an authority that hangs" systemctl stop $UNIT
ok "which is gone" is_gone "$old"
agent detach >/dev/null
ok "nothing is left at the socket" answers nobody ok.tool
finish
