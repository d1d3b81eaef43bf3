#!/bin/bash
# Runs inside the guest, as root under systemd. For each rung: the forbidden act
# works without the agent, is stopped with it, and works again afterwards; the
# report says what was felt; a kill of the agent leaves enforcement on; a
# restart adopts the links. Prints TAP.
#   usage: ladder.guest.sh [lsm] [fmod_ret] [fentry] [tracepoint]
INSTANCE=ladder
. "$(dirname "$0")/points.sh"
SECRET=$WORK/secret
DENY_LIST=$WORK/policy
denied() { # prints nothing of the secret, fails with EPERM
  local out code; out=$(inside "$@" 2>&1); code=$?
  case $out in *TOP-SECRET*) echo "disclosed: $out"; return 1;; esac
  [ $code -ne 0 ] && [ $code -lt 128 ] && case $out in *"Operation not permitted"*) true;; *) echo "$code: $out"; false;; esac
}
killed() {
  local out code; out=$(inside "$@" 2>&1); code=$?
  case $out in *TOP-SECRET*) echo "disclosed: $out"; return 1;; esac
  [ $code -eq 137 ] || { echo "exit $code: $out"; return 1; }
}
fresh() { printf '#!/bin/sh\necho TOP-SECRET\n' >"$SECRET"; chmod 700 "$SECRET"; }
start() { # flags...
  systemctl reset-failed $UNIT 2>/dev/null
  systemd-run --quiet --unit=$UNIT --service-type=notify -p NotifyAccess=main "${SEAM[@]}" \
    -- aegis-agent run --instance=$INSTANCE "$@"
}
stop() { systemctl stop $UNIT; }
attached() { ls /sys/fs/bpf/aegis/$INSTANCE/links-* 2>/dev/null; }

try_rung() { # name expected-state stopped-by flags...
  local rung=$1 state=$2 stopped=$3; shift 3
  fresh; printf 'version=1\n[deny_path]\n%s\n' "$SECRET" >"$DENY_LIST"
  ok "$rung: without the agent the secret is read" inside grep -q TOP-SECRET "$SECRET"
  ok "$rung: policy applied" aegis-agent policy apply "$DENY_LIST" --reset --instance=$INSTANCE
  local t0=$(date +%s%N)
  ok "$rung: agent ready" start --enforce "$@"
  local t1=$(date +%s%N)
  echo "# $rung ready after $(((t1 - t0) / 1000000)) ms (systemd-run included), RSS $(grep VmRSS /proc/$(systemctl show -P MainPID $UNIT)/status | tr -s '\t ' ' ')"
  ok "$rung: state" is "$(field runtime_state)" "$state"
  ok "$rung: mechanism" is "$(field mechanism)" "$rung"
  ok "$rung: audit_only false" is "$(field audit_only)" false
  ok "$rung: enforce_capable" is "$(field enforce_capable)" $([ "$rung" = lsm ] && echo true || echo false)
  ok "$rung: read is $stopped" $stopped cat "$SECRET"
  ok "$rung: an innocent file is read" inside cat /etc/hostname
  if [ "$rung" != tracepoint ]; then
    ln -sf "$SECRET" "$WORK/alias"
    ok "$rung: read through a symlink is $stopped" $stopped cat "$WORK/alias"
    ok "$rung: read by a relative name is $stopped" $stopped sh -c "cd $WORK && exec cat ./secret"
    mkdir -p "$WORK/bind"
    ok "$rung: read through a bind mount in another namespace is $stopped" \
      $stopped unshare -m sh -c "mount --bind $WORK $WORK/bind && exec cat $WORK/bind/secret"
  fi
  ok "$rung: exec is $stopped" $stopped env "$SECRET"
  systemctl kill -s KILL $UNIT; while systemctl is-active -q $UNIT; do :; done
  ok "$rung: after SIGKILL read is $stopped" $stopped cat "$SECRET"
  local before=$(attached)
  ok "$rung: restarted" start --enforce "$@"
  ok "$rung: links adopted, not made anew" is "$(attached)" "$before"
  ok "$rung: state after restart" is "$(field runtime_state)" "$state"
  ok "$rung: read is $stopped after restart" $stopped cat "$SECRET"
  ok "$rung: second agent refused" sh -c "! aegis-agent run --instance=$INSTANCE --audit"
  ok "$rung: state unchanged by it" is "$(field runtime_state)" "$state"
  ok "$rung: emergency disable" aegis-agent emergency disable --instance=$INSTANCE --reason test
  ok "$rung: read works in the emergency" inside grep -q TOP-SECRET "$SECRET"
  ok "$rung: emergency enable" aegis-agent emergency enable --instance=$INSTANCE
  ok "$rung: read is $stopped again" $stopped cat "$SECRET"
  # On the signal rungs these take effect before the signal, as the report's gaps say.
  if [ $stopped = denied ]; then
    ok "$rung: truncate is $stopped" $stopped truncate -s 0 "$SECRET"
    ok "$rung: rename over is $stopped" $stopped sh -c "echo x >$WORK/other; exec mv -fT $WORK/other $SECRET"
    ok "$rung: rename away is $stopped" $stopped mv -fT "$SECRET" "$WORK/away"
    ok "$rung: unlink is $stopped" $stopped rm -f "$SECRET"
    ok "$rung: hard link is $stopped" $stopped ln "$SECRET" "$WORK/hard"
  else
    ok "$rung: hard link is $stopped" $stopped ln "$SECRET" "$WORK/hard"
    [ "$rung" = tracepoint ] || ok "$rung: read through the hard link is $stopped" $stopped cat "$WORK/hard"
    ok "$rung: truncate is $stopped" $stopped truncate -s 100 "$SECRET"
    ok "$rung: rename away is $stopped" $stopped mv -fT "$SECRET" "$WORK/away"
    [ "$rung" = tracepoint ] || ok "$rung: unlink is $stopped" $stopped rm -f "$WORK/away"
  fi
  stop
  [ -e "$SECRET" ] || inside ln "$WORK/hard" "$SECRET"
  ok "$rung: after a clean stop read is $stopped" $stopped cat "$SECRET"
  ok "$rung: report does not claim to be alive" sh -c "! aegis-agent status --instance=$INSTANCE"
  ok "$rung: detached" aegis-agent detach --instance=$INSTANCE
  ok "$rung: read works again" inside grep -q TOP-SECRET "$SECRET"
  [ $stopped = killed ] || ok "$rung: content is whole" is "$(wc -c <"$SECRET")" 26
  rm -f "$WORK"/hard "$WORK"/away "$WORK"/other "$SECRET"
  ok "$rung: nothing pinned" sh -c "! test -e /sys/fs/bpf/aegis/$INSTANCE"
  ok "$rung: no canary left" sh -c "! ls /run/aegis/$INSTANCE/canary-*"
}

SEAM=()
NO_LSM=$WORK/lsm-without-bpf
printf 'lockdown,capability' >"$NO_LSM"
for rung in "${@:-lsm}"; do
  [ "$rung" = lsm ] || SEAM=(--setenv=AEGIS_LSM_PATH="$NO_LSM")
  case $rung in
    lsm) try_rung lsm ENFORCE denied ;;
    fmod_ret) try_rung fmod_ret ENFORCE_OVERRIDE denied --enforce-fallback=override ;;
    fentry) try_rung fentry ENFORCE_SIGNAL killed --enforce-fallback=signal --signal-arm=fentry ;;
    tracepoint) try_rung tracepoint ENFORCE_SIGNAL killed --enforce-fallback=signal --signal-arm=tracepoint ;;
  esac
done
finish
