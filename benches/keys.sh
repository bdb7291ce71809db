#!/usr/bin/env bash
# The cost of keys: three nodes under load with keys and without, turn by turn. Prints the table of README.md.
set -euo pipefail

: "${NOW:=target/release/quorate}" "${PROTOCOL:=raft}" "${ROUNDS:=5}" "${SECS:=4}" "${OUTSTANDING:=1 64}" "${SIZES:=16 1024}"

. "$(dirname "$0")/nodes.sh"

measure() { # KIND SIZE OUTSTANDING: appends operations a second, median latency, and µs of the nodes an operation
  local before after told
  before=$(cpu)
  told=$(load "$work/$1" "$2" "$3")
  after=$(cpu)
  echo "$(field ops_s <<<"$told") $(field p50_us <<<"$told") $(field ops <<<"$told") $((after - before))" |
    awk '{ print $1, $2, $4 * 10000 / $3 }' >>"$work/$1-$2-$3"
}

start "$PROTOCOL" "$work/keys"; stop
start "$PROTOCOL" "$work/none"; stop
sed -i '/^keys = /d' "$work/none/cluster.toml"
for round in $(seq "$ROUNDS"); do
  # Each is the first in every other round.
  order="keys none"
  [ $((round % 2)) = 0 ] && order="none keys"
  for kind in $order; do
    start "$PROTOCOL" "$work/$kind"
    for size in $SIZES; do
      for outstanding in $OUTSTANDING; do
        measure "$kind" "$size" "$outstanding"
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
