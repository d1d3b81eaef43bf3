#!/bin/sh
# Talks to the runtime without any library of ours: registers, asks about one call, reads the status.
# Needs socat and jq.   Usage: ask.sh SOCKET TOOL ARGUMENTS-AS-JSON
set -eu
socket=$1 tool=$2 args=$3

call() { # METHOD PARAMS-AS-JSON
  jq -nc --arg method "$1" --argjson params "$2" '{jsonrpc: "2.0", id: 1, method: $method, params: $params}' |
    socat -t 5 - "UNIX-CONNECT:$socket"
}

agent='{"agentId": "shell", "name": "shell"}'
token=$(call agent.register "$agent" | jq -er .result.token)
credentials=$(jq -nc --arg token "$token" '{agentId: "shell", token: $token}')
call policy.query "$(jq -nc --argjson c "$credentials" --arg tool "$tool" --argjson args "$args" \
  '$c + {tool: $tool, args: $args}')" | jq -c '.result // .error'
call status.get '{}' | jq -c '.result | {agentCount, queries: .counters.queries}'
call agent.deregister "$credentials" | jq -c .result
