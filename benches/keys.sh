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

cpu() { # hundredths of a second of processor time that the nodes have used
  local node total=0 used
  for node in $(pgrep -P "$pid"); do
    used=$(awk '{ print $14 + $15 }' "/proc/$node/stat")
    total=$((total + used))
  done
  echo "$total"
}

load() { # KIND SIZE OUTSTANDING: appends operations a second, median latency, and µs of the nodes an operation
  local before after told
  before=$(cpu)
  told=$("$NOW" client --config "$work/$1/cluster.toml" --json bench --size "$2" --outstanding "$3" \
    --warm 0 --seconds "$SECS")
  after=$(cpu)
  echo "$(field ops_s <<<"$told") $(field p50_us <<<"$told") $(field ops <<<"$told") $((after - before))" |
    awk '{ print $1, $2, $4 * 10000 / $3 }' >>"$work/$1-$2-$3"
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
        load "$kind" "$size" "$outstanding"
      done
    done
    stop
  done
done

echo "medians of $ROUNDS rounds of $SECS s, $PROTOCOL, $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)"
echo
echo "| bytes | outstanding | operations/s without keys | with | p50 µs without | with | processor µs of all nodes an operation, without | with | with : without, by rounds |"
echo "|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
for size in $SIZES; do
  for outstanding in $OUTSTANDING; do
    none=$work/none-$size-$outstanding keys=$work/keys-$size-$outstanding
    row="| $size | $outstanding |"
    for column in 1 2 3; do
      row+=" $(cut -d' ' -f$column <"$none" | median | cut -d. -f1) | $(cut -d' ' -f$column <"$keys" | median | cut -d. -f1) |"
    done
    ratios=$(paste -d' ' "$keys" "$none" | awk '{ printf "%.2f\n", $3 / $6 }' | sort -n)
    echo "$row $(median <<<"$ratios") ($(head -n 1 <<<"$ratios") to $(tail -n 1 <<<"$ratios")) |"
  done
done
