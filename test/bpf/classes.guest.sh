#!/bin/bash
# Runs inside the guest, as root under systemd: on one rung, what each class
# beyond files stops, what it leaves alone, and what the report says of it.
# System calls that no tool makes are made by perl. Prints TAP.
#   usage: [ONLY=POINT] [OBJECT=FILE] classes.guest.sh RUNG [CLASS...]    RUNG: lsm fmod_ret fentry tracepoint
#   ONLY: one point and what it needs. OBJECT: BPF programs other than the agent's own.
RUNG=${1:?}; shift
INSTANCE=classes
PREFIX="$RUNG: "
. "$(dirname "$0")/points.sh"
CLASSES=${*:-exec network ptrace module bpf}
POLICY=$WORK/policy
# Refused, or killed, as the rung does it; and said nothing of success.
stopped() {
  local out code; out=$(inside "$@" 2>&1); code=$?
  case $out in *DONE*) echo "done: $out"; return 1;; esac
  if [ "$KILLS" ]; then [ $code -eq 137 ] || { echo "exit $code: $out"; return 1; }
  else case $code:$out in 0:*) echo "exit 0: $out"; return 1;; *"$REFUSAL"*) true;; *) echo "exit $code: $out"; return 1;; esac; fi
}
# Went through and told its effect.
goes() { local out; out=$(inside "$@" 2>&1) && case $out in *DONE*) true;; *) echo "no effect: $out"; false;; esac || { echo "exit $?: $out"; return 1; }; }
allowed() { inside "$@"; }
# Without its policy nothing that follows would mean anything.
apply() { printf '%s\n' version=1 "$@" >"$POLICY"; aegis-agent policy apply "$POLICY" --instance=$INSTANCE || { echo "Bail out! the policy is not applied" >&2; exit 1; }; }
class_is_whole() { sed -n '/^  "classes"/,/^  }/p' "$REPORT" | sed -n "/\"$1\"/,/complete/p" | grep -q '"complete": true'; }
felt() { local i; for i in $(seq 40); do sed -n "/\"$1\": {/,/}/p" "$REPORT" | grep -q "\"felt\": \"$WORD\"" && return 0; sleep 0.1; done; sed -n "/\"$1\": {/,/}/p" "$REPORT"; return 1; }
start() {
  systemctl reset-failed $UNIT 2>/dev/null
  systemd-run --quiet --unit=$UNIT --service-type=notify "${SEAM[@]}" "${OBJECT_SEAM[@]}" -- aegis-agent run --instance=$INSTANCE --enforce "$@"
}
stop() { systemctl stop $UNIT; aegis-agent detach --instance=$INSTANCE; }

if [ -n "${OBJECT:-}" ]; then
  export AEGIS_BPF_OBJ=$OBJECT AEGIS_ALLOW_UNSIGNED_BPF=1
  OBJECT_SEAM=(--setenv=AEGIS_BPF_OBJ="$OBJECT" --setenv=AEGIS_ALLOW_UNSIGNED_BPF=1)
else OBJECT_SEAM=(); fi
REFUSAL="not permitted" # some calls and tools tell EPERM in other words
KILLS= WORD=denied SEAM=() FLAGS=() STATE=ENFORCE
printf 'lockdown,capability' >"$WORK/no-bpf"
[ "$RUNG" = lsm ] || SEAM=(--setenv=AEGIS_LSM_PATH="$WORK/no-bpf")
case $RUNG in
  lsm) ;;
  fmod_ret) FLAGS=(--enforce-fallback=override) STATE=ENFORCE_OVERRIDE ;;
  fentry | tracepoint) FLAGS=(--enforce-fallback=signal --signal-arm=$RUNG) STATE=ENFORCE_SIGNAL KILLS=yes WORD=killed ;;
esac
wants() { case " $CLASSES " in *" $1 "*) true;; *) false;; esac; }
sees_inodes() { [ "$RUNG" != tracepoint ]; }
perlish() { # the same helpers for every probe: one system call, its errno as text
  printf '%s' 'sub told { my ($r) = @_; if ($r >= 0) { print "DONE\n"; exit 0 } print "$!\n"; exit 1 }'
}
P=$(perlish)

# A file seen through another file system, made before anything enforces.
overlay_of() {
  mkdir -p "$WORK/lower" "$WORK/upper" "$WORK/work" "$WORK/merged"
  ln "$1" "$WORK/lower/" && mount -t overlay overlay -o "lowerdir=$WORK/lower,upperdir=$WORK/upper,workdir=$WORK/work" "$WORK/merged"
}

try_exec() {
  printf '#!/bin/sh\necho DONE\n' >"$WORK/script"; cp /usr/bin/printf "$WORK/tool"; cp /bin/true "$WORK/innocent-tool"
  chmod 755 "$WORK/script" "$WORK/tool"; ln -s "$WORK/tool" "$WORK/alias"; ln "$WORK/tool" "$WORK/hard"
  cp /usr/bin/printf "$WORK/forbidden"
  ok "exec: control: the tool runs" goes "$WORK/tool" DONE
  ok "exec: control: the loader runs it" goes /lib64/ld-linux-x86-64.so.2 "$WORK/tool" DONE
  ok "exec: control: an overlay of it" overlay_of "$WORK/tool"
  ok "exec: control: through the overlay" goes "$WORK/merged/tool" DONE
  umount "$WORK/merged"; rm -f "$WORK/lower/tool"
  apply '[deny_exec_path]' "$WORK/tool" "$WORK/script" '[deny_comm]' forbidden >/dev/null
  ok "exec: agent ready" start "${FLAGS[@]}"
  ok "exec: state" is "$(field runtime_state)" $STATE
  ok "exec: the class is whole" class_is_whole exec
  ok "exec: only its hooks are attached" sh -c "! ls /sys/fs/bpf/aegis/$INSTANCE/links-* | grep -q -e file_open -e socket -e syscall_path"
  ok "exec: the tool is stopped" stopped "$WORK/tool" DONE
  ok "exec: the script is stopped" stopped "$WORK/script"
  ok "exec: the name is stopped" stopped "$WORK/forbidden" DONE
  ok "exec: the name is stopped by a relative path" stopped sh -c "cd $WORK && exec ./forbidden DONE"
  if sees_inodes; then
    ok "exec: by a symlink" stopped "$WORK/alias" DONE
    ok "exec: by a hard link" stopped "$WORK/hard" DONE
    REFUSAL="failed to map segment" ok "exec: by the loader" stopped /lib64/ld-linux-x86-64.so.2 "$WORK/tool" DONE
    ok "exec: the name, by a symlink" stopped sh -c "ln -s $WORK/forbidden $WORK/other; exec $WORK/other DONE"
    overlay_of "$WORK/tool"
    ok "exec: through an overlay" stopped "$WORK/merged/tool" DONE
    REFUSAL="Operation not permitted" ok "exec: through an overlay, by the loader" stopped /lib64/ld-linux-x86-64.so.2 "$WORK/merged/tool" DONE
    umount "$WORK/merged"
    ok "exec: as an interpreter" stopped sh -c "printf '#!$WORK/tool\n' >$WORK/uses; chmod 755 $WORK/uses; exec $WORK/uses DONE"
    ok "exec: a mapping made executable later" stopped perl -e "$P"' open(F, "<", $ARGV[0]) or die; my $a = syscall(9, 0, 4096, 1, 2, fileno(F), 0); die if $a == -1; told(syscall(10, $a, 4096, 5))' "$WORK/tool"
  fi
  ok "exec: it can still be read" allowed cmp "$WORK/tool" "$WORK/tool"
  ok "exec: a readable mapping of it is left alone" goes perl -e "$P"' open(F, "<", $ARGV[0]) or die; told(syscall(9, 0, 4096, 1, 2, fileno(F), 0) == -1 ? -1 : 0)' "$WORK/tool"
  ok "exec: another program runs" allowed "$WORK/innocent-tool"
  ok "exec: name longer than the rule runs" sh -c "cp /bin/true $WORK/forbidden-not && systemd-run --quiet --scope -- $WORK/forbidden-not"
  systemctl kill -s KILL $UNIT; while systemctl is-active -q $UNIT; do :; done
  ok "exec: after SIGKILL of the agent the tool is stopped" stopped "$WORK/tool" DONE
  ok "exec: restarted, agent ready" start "${FLAGS[@]}"
  apply '[deny_comm]' hostname >/dev/null
  ok "exec: a command by its name in the PATH" stopped hostname
  sees_inodes && ok "exec: and under another name" stopped sh -c "ln -s /usr/bin/hostname $WORK/renamed; exec $WORK/renamed"
  stop >/dev/null
  ok "exec: afterwards the tool runs" goes "$WORK/tool" DONE
}

# connect FAMILY ADDRESS PORT; told by what the listener sends.
CONNECT='use Socket qw(:all); my ($f, $a, $p) = @ARGV; my $six = $f == 6;
  socket(S, $six ? AF_INET6 : AF_INET, SOCK_STREAM, 0) or die "$!"; my $n = $six ? pack_sockaddr_in6($p, inet_pton(AF_INET6, $a)) : pack_sockaddr_in($p, inet_aton($a));
  connect(S, $n) or do { print "$!\n"; exit 1 }; print scalar <S>;'
SENDTO='use Socket qw(:all); my ($f, $a, $p, $family) = @ARGV; my $six = $f == 6;
  socket(S, $six ? AF_INET6 : AF_INET, SOCK_DGRAM, 0) or die "$!"; my $n = $six ? pack_sockaddr_in6($p, inet_pton(AF_INET6, $a)) : pack_sockaddr_in($p, inet_aton($a));
  substr($n, 0, 2) = pack("S", $family) if defined $family;
  defined send(S, "x", 0, $n) or do { print "$!\n"; exit 1 }; print "DONE\n"'
LISTEN='use Socket qw(:all); my ($port) = @ARGV; socket(S, AF_INET, SOCK_STREAM, 0) or die; setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);
  bind(S, pack_sockaddr_in($port, INADDR_ANY)) && listen(S, 1) or do { print "$!\n"; exit 1 }; print "DONE\n"'
BIND='use Socket; socket(S, AF_INET, SOCK_DGRAM, 0) or die; bind(S, pack_sockaddr_in($ARGV[0], INADDR_ANY)) or do { print "$!\n"; exit 1 }; print "DONE\n"'

serve() { # port
  systemd-run --quiet --collect --unit=aegis-serve-$1 --service-type=exec perl -e 'use Socket qw(:all); socket(S, AF_INET6, SOCK_STREAM, 0) or die; setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);
    setsockopt(S, IPPROTO_IPV6, IPV6_V6ONLY, 0); bind(S, pack_sockaddr_in6($ARGV[0], IN6ADDR_ANY)) or die; listen(S, 64) or die; $SIG{PIPE} = "IGNORE"; while (1) { accept(C, S) or next; print C "DONE\n"; close C }' "$1"
  local i; for i in $(seq 50); do ss -ltn 2>/dev/null | grep -q ":$1 " && return 0; grep -qi ":$(printf %04X "$1") " /proc/net/tcp6 && return 0; sleep 0.1; done; return 1
}

# On the signal rungs a connection is made before its maker dies, and the
# servers, which answer it, are bystanders: they are exempt.
EXEMPT=('[allow_cgroup]' /system.slice/aegis-serve-7001.service /system.slice/aegis-serve-7002.service)

try_network() {
  ip link set lo up
  ok "network: a server is there" serve 7001
  ok "network: a second one is there" serve 7002
  ok "network: control: connect" goes perl -e "$CONNECT" 4 127.9.9.9 7001
  ok "network: control: connect by a mapped address" goes perl -e "$CONNECT" 6 ::ffff:127.9.9.9 7001
  ok "network: control: connect to ::1" goes perl -e "$CONNECT" 6 ::1 7001
  ok "network: control: send" goes perl -e "$SENDTO" 4 127.9.9.9 9
  ok "network: control: send with AF_UNSPEC" goes perl -e "$SENDTO" 4 127.9.9.9 9 0
  ok "network: control: listen" goes perl -e "$LISTEN" 7003
  apply '[deny_ip]' 127.9.9.9 ::1 '[deny_cidr]' 127.8.0.0/16 fd00:1::/32 '[deny_port]' 7002:tcp:egress 7003:tcp:bind 7004:udp:bind '[deny_ip_port]' 127.7.7.7:7001:tcp "${EXEMPT[@]}" >/dev/null
  ok "network: agent ready" start "${FLAGS[@]}"
  ok "network: state" is "$(field runtime_state)" $STATE
  ok "network: the class is whole" class_is_whole network
  ok "network: connect to a denied address" stopped perl -e "$CONNECT" 4 127.9.9.9 7001
  ok "network: the same, v4-mapped" stopped perl -e "$CONNECT" 6 ::ffff:127.9.9.9 7001
  ok "network: connect to a denied IPv6 address" stopped perl -e "$CONNECT" 6 ::1 7001
  ok "network: connect into a denied network" stopped perl -e "$CONNECT" 4 127.8.200.1 7001
  ok "network: connect into a denied IPv6 network" stopped perl -e "$CONNECT" 6 fd00:1::5 7001
  ok "network: connect to a denied port" stopped perl -e "$CONNECT" 4 127.0.0.1 7002
  ok "network: connect to a denied address and port" stopped perl -e "$CONNECT" 4 127.7.7.7 7001
  ok "network: send to a denied address" stopped perl -e "$SENDTO" 4 127.9.9.9 9
  ok "network: the same, v4-mapped" stopped perl -e "$SENDTO" 6 ::ffff:127.9.9.9 9
  ok "network: send to a denied IPv6 address" stopped perl -e "$SENDTO" 6 ::1 9
  ok "network: send with AF_UNSPEC" stopped perl -e "$SENDTO" 4 127.9.9.9 9 0
  ok "network: fast open" stopped perl -e 'use Socket qw(:all); socket(S, AF_INET, SOCK_STREAM, 0) or die; defined send(S, "x", 0x20000000, pack_sockaddr_in(7001, inet_aton("127.9.9.9"))) or do { print "$!\n"; exit 1 }; print "DONE\n"'
  ok "network: bind to a denied port" stopped perl -e "$LISTEN" 7003
  ok "network: bind of a datagram socket" stopped perl -e "$BIND" 7004
  ok "network: another address" goes perl -e "$CONNECT" 4 127.0.0.1 7001
  ok "network: another port of the address with the port" sh -c "systemd-run --quiet --scope -- perl -e '$CONNECT' 4 127.7.7.7 7009 2>&1 | grep -q 'refused'"
  ok "network: datagrams to a port denied for tcp" sh -c "[ $RUNG = tracepoint ] || systemd-run --quiet --scope -- perl -e '$SENDTO' 4 127.0.0.1 7002"
  ok "network: a local socket" goes perl -e 'use Socket; socketpair(A, B, AF_UNIX, SOCK_STREAM, 0) or die; syswrite(A, "x") or die; print "DONE\n"'
  apply '[deny_ip]' 127.0.0.1 "${EXEMPT[@]}" >/dev/null
  ok "network: 0.0.0.0 is the denied loopback" stopped perl -e "$CONNECT" 4 0.0.0.0 7001
  if sees_inodes; then
    ok "network: an inherited connected socket sends nothing" stopped_inherited 'syswrite(S, "x")'
    ok "network: nor takes a file sent to it" stopped_inherited 'do { open(F, "<", "/etc/hostname"); my $r = syscall(40, fileno(S), fileno(F), 0, 10); $r < 0 ? undef : $r }'
    ok "network: a socket bound before does not listen" stopped_bound '' 'listen(S, 1)'
    ok "network: one that listened before does not accept" stopped_bound 'listen(S, 1)' 'accept(C, S)'
  fi
  stop >/dev/null
  ok "network: afterwards connect" goes perl -e "$CONNECT" 4 127.9.9.9 7001
  systemctl stop aegis-serve-7001 aegis-serve-7002
}
# Begins in a cgroup that is exempt, then goes on in one that is not.
stopped_midway() { # policy... -- begin go-on, both perl that may use the socket S
  local policy=()
  while [ "$1" != -- ]; do policy+=("$1"); shift; done
  mkdir -p /sys/fs/cgroup/aegis-exempt /sys/fs/cgroup/aegis-plain
  apply "${policy[@]}" "${EXEMPT[@]}" /aegis-exempt >/dev/null
  stopped perl -e 'use Socket qw(:all); use Fcntl; sub go { open(G, ">", "/sys/fs/cgroup/$_[0]/cgroup.procs") or die "$!"; print G "$$\n"; close G or die "$!" }
    go("aegis-exempt"); socket(S, AF_INET, SOCK_STREAM, 0); '"$2"';
    go("aegis-plain"); defined '"$3"' or do { print "$!\n"; exit 1 }; print "DONE\n"'
}
stopped_inherited() { stopped_midway '[deny_ip]' 127.0.0.1 -- 'connect(S, pack_sockaddr_in(7001, inet_aton("127.0.0.1"))) or die "no connection: $!"' "$1"; }
# Without blocking, so that an accept that is let through says that nobody came.
stopped_bound() { # what else is done before, what after
  stopped_midway '[deny_port]' 7003:tcp:bind -- 'fcntl(S, F_SETFL, O_NONBLOCK); bind(S, pack_sockaddr_in(7003, INADDR_ANY)) or die "not bound: $!"; '"$1" "($2 || undef)"
}

# The child lets go of the output: whoever reads it must not wait for a child that outlives a killed parent.
try_ptrace() {
  local seize="$P"' my $c = fork; if (!$c) { close STDOUT; close STDERR; sleep 60; exit } my $r = syscall(101, 0x4206, $c, 0, 0); my $e = $!; kill 9, $c; $! = $e; told($r)'
  local vm="$P"' our $x = "secret"; my $c = fork; if (!$c) { close STDOUT; close STDERR; sleep 60; exit } my $b = "\0" x 6; my $l = pack("PQ", $b, 6); my $q = pack("PQ", $x, 6); my $r = syscall(310, $c, $l, 1, $q, 1, 0); my $e = $!; kill 9, $c; $! = $e; told($r)'
  local mem="$P"' my $c = fork; if (!$c) { close STDOUT; close STDERR; sleep 60; exit } my $r = open(M, "<", "/proc/$c/mem") ? 0 : -1; my $e = $!; kill 9, $c; $! = $e; told($r)'
  local traceme="$P"' told(syscall(101, 0, 0, 0, 0))'
  ok "ptrace: control: seize" goes perl -e "$seize"
  ok "ptrace: control: process_vm_readv" goes perl -e "$vm"
  ok "ptrace: control: /proc/PID/mem" goes perl -e "$mem"
  apply '[deny_ptrace]' >/dev/null
  ok "ptrace: agent ready" start "${FLAGS[@]}"
  ok "ptrace: state" is "$(field runtime_state)" $STATE
  ok "ptrace: seize" stopped perl -e "$seize"
  ok "ptrace: process_vm_readv" stopped perl -e "$vm"
  sees_inodes && REFUSAL="Permission denied" ok "ptrace: /proc/PID/mem" stopped perl -e "$mem"
  ok "ptrace: traceme" stopped perl -e "$traceme"
  ok "ptrace: what ps looks at" allowed cat /proc/1/stat /proc/1/status /proc/1/cmdline
  ok "ptrace: a process's own memory" goes perl -e "$P"' told(open(M, "<", "/proc/self/mem") ? 0 : -1)'
  stop >/dev/null
  ok "ptrace: afterwards seize" goes perl -e "$seize"
}

try_module() {
  local memory="$P"' my $m = "x" x 4096; my $r = syscall(175, $m, length $m, my $o = ""); $! == 8 ? told(0) : told($r)'
  local file="$P"' open(F, "<", "/etc/hostname") or die; my $r = syscall(313, fileno(F), my $o = "", 0); $! == 8 ? told(0) : told($r)'
  # Names a way of congestion control, for which the kernel has a module loaded.
  local request='use Socket; socket(S, AF_INET, SOCK_STREAM, 0) or die; setsockopt(S, 6, 13, $ARGV[0]) or do { print "$!\n"; exit 1 }; print "DONE\n"'
  ok "module: control: from memory the kernel looks at the format" goes perl -e "$memory"
  ok "module: control: from a file" goes perl -e "$file"
  ok "module: control: on request" goes perl -e "$request" htcp
  apply '[deny_module_load]' >/dev/null
  ok "module: agent ready" start "${FLAGS[@]}"
  ok "module: state" is "$(field runtime_state)" $STATE
  ok "module: from memory" stopped perl -e "$memory"
  ok "module: from a file" stopped perl -e "$file"
  ok "module: other files are read" allowed cat /etc/hostname
  stop >/dev/null
  ok "module: afterwards from memory" goes perl -e "$memory"
  [ "$KILLS" ] && return
  # The kernel's helper, which loads the module, is in no scope.
  modprobe -qr tcp_vegas
  mkdir -p /sys/fs/cgroup/aegis-scoped
  apply '[deny_module_load]' >/dev/null
  ok "module: in a scope, agent ready" start "${FLAGS[@]}" --scope-cgroup=/sys/fs/cgroup/aegis-scoped
  REFUSAL="No such file" ok "module: on request" stopped sh -c 'echo $$ >/sys/fs/cgroup/aegis-scoped/cgroup.procs && exec perl -e "$@"' sh "$request" vegas
  stop >/dev/null
  ok "module: afterwards on request" goes perl -e "$request" vegas
}

try_bpf() {
  local next="$P"' my $a = pack("x120"); told(syscall(321, 11, $a, 120))'
  local create="$P"' my $a = pack("LLLLx104", 2, 4, 4, 1); told(syscall(321, 0, $a, 120))'
  local pins=/sys/fs/bpf/aegis/$INSTANCE
  ok "bpf: control: a map is made" goes perl -e "$create"
  # Whoever is in scope can manage the agent no more; this script exempts itself.
  apply '[deny_bpf]' '[allow_cgroup]' "$(sed -n 's/^0:://p' /proc/self/cgroup)" >/dev/null
  ok "bpf: agent ready" start "${FLAGS[@]}"
  ok "bpf: state" is "$(field runtime_state)" $STATE
  ok "bpf: making a map" stopped perl -e "$create"
  ok "bpf: looking for objects" stopped perl -e "$next"
  if sees_inodes; then
    if [ -z "$KILLS" ]; then
      ok "bpf: removing the pins" sh -c "! systemd-run --quiet --scope -- rm -r $pins/maps && ls $pins/maps/control"
      ok "bpf: removing their folder" stopped rmdir $pins/maps
      ok "bpf: moving the pins" stopped mv $pins/maps/control $pins/maps/other
      ok "bpf: unmounting bpffs" sh -c "! systemd-run --quiet --scope -- umount -l /sys/fs/bpf && ls $pins/maps/control"
    else
      ok "bpf: removing a pin" stopped rmdir $pins/maps
    fi
  fi
  ok "bpf: other files are removed" allowed sh -c "touch $WORK/f && rm $WORK/f"
  ok "bpf: the state holds" is "$(field runtime_state)" $STATE
  stop >/dev/null
  ok "bpf: afterwards a map is made" goes perl -e "$create"
}

for class in $CLASSES; do try_"$class"; done
if wants exec && wants network; then
  cp -f /bin/true "$WORK/denied"; cp -f /bin/true "$WORK/tool"
  apply '[deny_exec_path]' "$WORK/denied" >/dev/null
  ok "reload: agent ready with one class" start "${FLAGS[@]}"
  ok "reload: a class is added while it runs" apply '[deny_exec_path]' "$WORK/denied" '[deny_port]' 7009 '[deny_ptrace]'
  ok "reload: its rule is in force at once" stopped perl -e "$CONNECT" 4 127.0.0.1 7009
  ok "reload: the report follows" felt "$([ "$RUNG" = tracepoint ] && echo syscall_network || echo socket_connect)"
  ok "reload: the state holds" is "$(field runtime_state)" $STATE
  ok "reload: the other class is still in force" stopped "$WORK/denied"
  stop >/dev/null
fi
aegis-agent detach --instance=$INSTANCE >/dev/null
finish
