#!/bin/sh
# What systemd would be on a server: starts norikaed, and again 0.2 s after it died, unless told to hold it.
# From the laboratory: AGENT (the program, empty for none), AGENT_CGROUPS (where it belongs, one a line).
desk=/run/norikae-lab/node
until [ -e "$desk/go" ]; do sleep 0.05; done
[ -n "$AGENT" ] || exec sleep infinity
while :; do
  while [ -e "$desk/hold" ]; do sleep 0.05; done
  # A shell of its own joins the agent's cgroups, says which process it is, and becomes the agent.
  sh -ec '
    printf "%s\n" "$AGENT_CGROUPS" | while read -r group; do echo $$ >"$group/cgroup.procs"; done
    echo $$ >"$0/agent.pid.new"
    mv "$0/agent.pid.new" "$0/agent.pid"
    program=$AGENT
    unset AGENT AGENT_CGROUPS
    exec "$program"
  ' "$desk" >>"$desk/norikaed.log" 2>&1
  echo "$(date -Is) norikaed ended with exit code $?" >>"$desk/norikaed.log"
  rm -f "$desk/agent.pid"
  sleep 0.2
done
