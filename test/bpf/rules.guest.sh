#!/bin/bash
# Runs inside the guest, as root under systemd: what other root processes can do
# to the rules in the kernel, and rules in great number. Prints TAP.
#   usage: rules.guest.sh [COUNT]
INSTANCE=rules
. "$(dirname "$0")/points.sh"
COUNT=${1:-100000}
MAPS=/sys/fs/bpf/aegis/$INSTANCE/maps
becomes() { local i; for i in $(seq 20); do [ "$(field runtime_state)" = "$1" ] && return 0; sleep 0.05; done; echo "state $(field runtime_state): $(field message)"; return 1; }
denied() { local out; out=$(inside "$@" 2>&1) && { echo "went through: $out"; return 1; }; case $out in *"not permitted"*) true;; *) echo "$out"; false;; esac; }
# The map of one kind of rule, and through it the rules of the generation in force.
BPF='sub bpf { my ($cmd, $attr) = @_; $attr .= "\0" x (120 - length $attr); my $r = syscall(321, $cmd, $attr, 120); ($r, $attr) }
  sub get { my $path = "$_[0]\0"; my ($fd) = bpf(7, pack("PLL", $path, 0, 0)); die "$_[0]: $!" if $fd < 0; $fd }
  sub elem { my ($cmd, $fd, $key, $value) = @_; my ($r) = bpf($cmd, pack("LLPPQ", $fd, 0, $key, $_[3], 0)); $r }
  sub rules { my ($fd, $slot) = @_; my $id = "\0" x 4; elem(1, $fd, pack("L", $slot), $id) == 0 or return -1; my ($r) = bpf(14, pack("L", unpack("L", $id))); $r }
  my $outer = get($ARGV[0]); my $slot; my $inner = -1; for (0, 1) { my $r = rules($outer, $_); if ($r >= 0) { $inner = $r; $slot = $_ } }'

echo secret >"$WORK/secret"
printf 'version=1\n[deny_path]\n%s\n' "$WORK/secret" >"$WORK/policy"
ok "policy applied" agent policy apply "$WORK/policy"
ok "agent ready" systemd-run --quiet --unit=$UNIT --service-type=notify -- aegis-agent run --instance=$INSTANCE --enforce
ok "the secret is denied" denied cat "$WORK/secret"
ok "another root process finds the rules" perl -e "$BPF"' $inner >= 0 or die "none"' $MAPS/deny_inode
ok "it cannot add one" perl -e "$BPF"' my $k = "k" x 16; my $v = "v" x 8; elem(2, $inner, $k, $v) == -1 && $! == 1 or die "r: $!"' $MAPS/deny_inode
ok "it cannot remove one" perl -e "$BPF"' my $none = "\0" x 16; my $next = "\0" x 16; bpf(4, pack("LLPP", $inner, 0, $none, $next)); elem(3, $inner, $next) == -1 && $! == 1 or die "r: $!"' $MAPS/deny_inode
ok "the state holds" is "$(field runtime_state)" ENFORCE
ok "it takes all rules of a kind away" perl -e "$BPF"' my $k = pack("L", $slot); elem(3, $outer, $k) == 0 or die "$!"' $MAPS/deny_inode
ok "within a second the agent says so" becomes DEGRADED
ok "and why" grep -q 'replaced from outside' "$REPORT"
ok "the policy is applied again" agent policy apply "$WORK/policy"
ok "and the agent is what it was" becomes ENFORCE
ok "the secret is denied again" denied cat "$WORK/secret"
echo '# changed' >>"/var/lib/aegis/$INSTANCE/policy-$(sed -n 's/^    "generation": \([0-9]*\),/\1/p' "$REPORT")"
ok "the agent restarts on a policy file that was changed" systemctl restart $UNIT
ok "a policy on disk that is not the one applied is noticed" becomes DEGRADED
ok "a new one mends it" agent policy apply "$WORK/policy"
ok "and so it does" becomes ENFORCE

mkdir "$WORK/many"; mount -t tmpfs -o nr_inodes=0 many "$WORK/many" # the image has not that many inodes
perl -e 'my ($d, $n, $f) = @ARGV; open(P, ">", $f); print P "version=1\n[deny_path]\n"; for (1 .. $n) { open(F, ">", "$d/file-$_") or die; print P "$d/file-$_\n" }' "$WORK/many" "$COUNT" "$WORK/paths"
perl -e 'my ($n, $f) = @ARGV; open(P, ">", $f); print P "version=1\n[deny_cidr]\n"; for (1 .. $n) { printf P "10.%d.%d.%d/31\n", $_ >> 15 & 255, $_ >> 7 & 255, ($_ & 127) << 1 }' "$COUNT" "$WORK/networks"
timed() { local t0 t1; t0=$(date +%s%N); "$@"; local code=$?; t1=$(date +%s%N); echo "# $(((t1 - t0) / 1000000)) ms: $*" >&3; return $code; }
exec 3>&1
ok "$COUNT paths are checked" timed agent policy validate "$WORK/paths"
ok "$COUNT paths are applied" timed agent policy apply "$WORK/paths"
ok "the first is denied" denied cat "$WORK/many/file-1"
ok "the last is denied" denied cat "$WORK/many/file-$COUNT"
ok "$COUNT networks are applied" timed agent policy apply "$WORK/networks"
ip link set lo up
CONNECT='use Socket; socket(S, PF_INET, SOCK_DGRAM, 0); connect(S, pack_sockaddr_in(9, inet_aton($ARGV[0]))) or do { print "$!\n"; exit 1 }'
ok "the first network is denied" denied perl -e "$CONNECT" 10.0.0.3
ok "the last network is denied" denied perl -e "$CONNECT" 10.$((COUNT >> 15 & 255)).$((COUNT >> 7 & 255)).$(((COUNT & 127) << 1 | 1))
ok "what is none of them is not" sh -c "systemd-run --quiet --scope -- perl -e '$CONNECT' 10.200.0.1 2>&1 | grep -q unreachable || systemd-run --quiet --scope -- perl -e '$CONNECT' 10.200.0.1"
ok "the state holds" becomes ENFORCE
echo "# RSS $(grep VmRSS /proc/$(systemctl show -P MainPID $UNIT)/status | tr -s '\t ' ' ')"
systemctl stop $UNIT
agent detach >/dev/null
umount "$WORK/many"
finish
