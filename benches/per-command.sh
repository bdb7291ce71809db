#!/usr/bin/env bash
# What a command costs three nodes: syncs, datagrams and processor time. Prints the table of README.md.
set -euo pipefail

: "${NOW:=target/release/quorate}" "${PROTOCOLS:=raft zab totem}" "${ROUNDS:=3}" "${SECS:=3}"
: "${OUTSTANDING:=1 64 512}" "${SIZES:=16 1024}"

. "$(dirname "$0")/nodes.sh"

counted() { # DIR FIELD: the sum over all nodes
  "$NOW" client --config "$1/cluster.toml" --json status | field "$2" | awk '{ n += $1 } END { print n }'
}

counts() { echo "$(counted "$1" syncs) $(counted "$1" sent) $(cpu)"; } # DIR

measure() { # PROTOCOL SIZE OUTSTANDING: appends operations a second, and of all nodes a command syncs, datagrams, µs
  local dir=$work/$1 before after told
  before=$(counts "$dir")
  told=$(load "$dir" "$2" "$3")
  after=$(counts "$dir")
  echo "$(field ops_s <<<"$told") $(field ops <<<"$told") $before $after" |
    awk '{ print $1, ($6 - $3) / $2, ($7 - $4) / $2, ($8 - $5) * 10000 / $2 }' >>"$work/$1-$2-$3"
}

for _ in $(seq "$ROUNDS"); do
  for protocol in $PROTOCOLS; do
    rm -rf "$work/$protocol"
    start "$protocol" "$work/$protocol"
    for size in $SIZES; do
      for outstanding in $OUTSTANDING; do measure "$protocol" "$size" "$outstanding"; done
    done
    stop
  done
done

echo "medians of $ROUNDS rounds of $SECS s, $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)"
echo
echo "| bytes | outstanding | protocol | operations/s | syncs a command | datagrams a command | processor µs a command |"
echo "|---:|---:|---|---:|---:|---:|---:|"
for size in $SIZES; do
  for outstanding in $OUTSTANDING; do
    for protocol in $PROTOCOLS; do
      row="| $size | $outstanding | $protocol |"
      for column in 1 2 3 4; do
        row+=" $(cut -d' ' -f$column <"$work/$protocol-$size-$outstanding" | median | awk '{ printf $1 < 100 ? "%.2f" : "%.0f", $1 }') |"
      done
      echo "$row"
    done
  done
done
