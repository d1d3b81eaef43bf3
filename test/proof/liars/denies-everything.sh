#!/bin/bash
# Denies what was not forbidden, too: the innocent file beside the secret joins the policy.
if [ "$1 $2" = "policy apply" ]; then
  sed -i 's#^\(/.*\)/secret$#&\n\1/innocent#' "$3"
fi
exec /opt/aegis/build/bin/aegis-agent "$@"
