#!/usr/bin/env bash
# A long log: what it costs a follower that was away while it grew, and one that starts again with it. Prints
# the table of README.md.
set -euo pipefail

: "${NOW:=target/release/quorate}" "${BEFORE:=}" "${PROTOCOL:=raft}" "${ENTRIES:=1000000}" "${SIZE:=16}" "${ROUNDS:=3}"

. "$(dirname "$0")/nodes.sh"
[ -z "$BEFORE" ] || [ -x "$BEFORE" ] || { echo "$BEFORE: no such program" >&2; exit 1; }

alone=
stop() {
  if [ -n "$alone" ]; then kill -9 "$alone" 2>/dev/null && wait "$alone" 2>/dev/null || true; alone=; fi
  if [ -n "$pid" ]; then kill -INT "$pid" 2>/dev/null && wait "$pid" || true; pid=; fi
}

client() { "$program" client --config "$data/cluster.toml" "$@"; }
# Zab's epochs are called terms here.
status() { { client --json status --timeout-ms 200 2>"$data.error" || true; } | sed 's/"epoch":/"term":/'; }
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([a-z0-9]*\).*/\1/p"; }
now() { date +%s%3N; }
of() { grep "\"node\":$1," | field "$2"; } # NODE FIELD
leads() { grep '"role":"leader"' | field "$1" | tail -n 1; } # FIELD

follow() { # KIND: waits until the follower has applied all; appends seconds, longest silence in ms, new terms
  local begun heard silence=0 told term time
  begun=$(now) heard=$begun term=$(status | leads term)
  "$program" node --config "$data/cluster.toml" --id "$follower" --data "$data/node-$follower" 2>>"$data.node" &
  alone=$!
  while :; do
    kill -0 "$alone" || { cat "$data.node" >&2; exit 1; }
    told=$(status) time=$(now)
    if [ -n "$(of "$follower" applied <<<"$told")" ]; then
      [ $((time - heard)) -gt "$silence" ] && silence=$((time - heard))
      heard=$time
      [ "$(of "$follower" applied <<<"$told")" = "$(leads commit <<<"$told")" ] && break
    fi
  done
  echo "$(((time - begun) / 100)) $silence $(($(leads term <<<"$told") - term))" |
    awk '{ print $1 / 10, $2, $3 }' >>"$work/$name-$1"
}

round() { # NAME PROGRAM
  name=$1 program=$2 data=$work/$1
  rm -rf "$data"
  "$program" cluster --protocol "$PROTOCOL" --data "$data" >"$data.view" 2>&1 &
  pid=$!
  until grep -q '^Ctrl-C' "$data.view" && client status >"$data.status" 2>&1; do
    kill -0 "$pid" || { cat "$data.view" >&2; exit 1; }
  done
  follower=$(status | grep '"role":"follower"' | head -n 1 | field node)
  kill -9 "$(pgrep -P "$pid" -f -- "--id $follower ")"
  until [ "$(status | leads commit)" -ge "$ENTRIES" ]; do
    client --json bench --size "$SIZE" --outstanding 512 --warm 0 --seconds 2 >>"$data.load"
  done
  follow away
  kill -9 "$alone"; wait "$alone" 2>/dev/null || true
  follow restart
  stop
}

for number in $(seq "$ROUNDS"); do
  [ -z "$BEFORE" ] || round before "$BEFORE"
  round now "$NOW"
done

column() { cut -d' ' -f"$2" <"$work/$1" | median; }
echo "medians of $ROUNDS rounds, $PROTOCOL, at least $ENTRIES entries of $SIZE bytes, $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)"
echo
echo "| a follower | program | all applied after s | longest silence of status ms | new terms |"
echo "|---|---|---:|---:|---:|"
for kind in away restart; do
  for name in ${BEFORE:+before} now; do
    echo "| $kind | $name | $(column "$name-$kind" 1) | $(column "$name-$kind" 2) | $(column "$name-$kind" 3) |"
  done
done
