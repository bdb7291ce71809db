#!/usr/bin/env bash
# The cost of keys: three nodes under load with keys and without, turn by turn. Prints the table of README.md.
set -euo pipefail

: "${NOW:=target/release/quorate}" "${PROTOCOL:=raft}" "${ROUNDS:=5}" "${SECS:=4}" "${OUTSTANDING:=1 64}" "${SIZES:=16 1024}"

[ -x "$NOW" ] || { echo "$NOW: no such program; cargo build --release -p quorate makes it" >&2; exit 1; }
work=$(mktemp -d)
pid=
stop() { if [ -n "$pid" ]; then kill -INT "$pid" 2>/dev/null && wait "$pid" || true; pid=; fi; }
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

start() { # DIR: waits until all nodes answer and a majority serves
  "$NOW" cluster --protocol "$PROTOCOL" --data "$1" >"$1.view" 2>&1 &
  pid=$!
  until grep -q '^Ctrl-C' "$1.view" && "$NOW" client --config "$1/cluster.toml" status >"$1.status" 2>&1; do
    kill -0 "$pid" || { cat "$1.view" >&2; exit 1; }
  done
}

median() { sort -n | awk '{ it[NR] = $1 } END { print it[int((NR + 1) / 2)] }'; }
field() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p"; }

start "$work/keys"; stop
start "$work/none"; stop
sed -i '/^keys = /d' "$work/none/cluster.toml"
for round in $(seq "$ROUNDS"); do
  # Each is the first in every other round.
  order="keys none"
  [ $((round % 2)) = 0 ] && order="none keys"
  for kind in $order; do
    start "$work/$kind"
    for size in $SIZES; do
      for outstanding in $OUTSTANDING; do
        "$NOW" client --config "$work/$kind/cluster.toml" --json bench --size "$size" \
          --outstanding "$outstanding" --warm 1 --seconds "$SECS" >>"$work/$kind-$size-$outstanding"
      done
    done
    stop
  done
done

echo "medians of $ROUNDS rounds of $SECS s after 1 s, $PROTOCOL, $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)"
echo
echo "| bytes | outstanding | operations/s without keys | with keys | ratio | p50 µs without | with |"
echo "|---:|---:|---:|---:|---:|---:|---:|"
for size in $SIZES; do
  for outstanding in $OUTSTANDING; do
    at() { field "$2" <"$work/$1-$size-$outstanding" | median; }
    none=$(at none ops_s) keys=$(at keys ops_s)
    ratio=$(awk "BEGIN { printf \"%.2f\", $keys / $none }")
    echo "| $size | $outstanding | ${none%.*} | ${keys%.*} | $ratio | $(at none p50_us) | $(at keys p50_us) |"
  done
done
