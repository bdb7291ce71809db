#!/usr/bin/env bash
# Three nodes under load, before and after a change, and beside etcd: all in one run, turn by turn.
# Prints the tables of README.md. What it needs, and its settings, are described there.
set -euo pipefail

: "${NOW:=target/release/quorate}" "${BEFORE:=}" "${ETCD_LOAD:=}"
: "${ROUNDS:=3}" "${SECS:=8}" "${WARM:=2}" "${SIZES:=16 1024}" "${OUTSTANDING:=1 64 512}" "${KILLS:=5}"
: "${PORT:=23790}"

die() { echo "$*" >&2; exit 1; }
[ -x "$NOW" ] || die "$NOW: no such program; cargo build --release -p quorate makes it"
systems=(${BEFORE:+before} now ${ETCD_LOAD:+etcd})
work=$(mktemp -d)
results=$work/results pids=()
trap stop EXIT
trap 'exit 130' INT TERM

# Each system: start it, set `leader` and `followers` to process ids, load it, tell the gap.

binary() { if [ "$1" = before ]; then echo "$BEFORE"; else echo "$NOW"; fi; }

start_nodes() {
  local program
  program=$(binary "$1")
  "$program" cluster --protocol raft --data "$dir" >"$dir/view" 2>&1 &
  pids=($!)
  wait_for nodes_lead
  local -a pid
  for i in 0 1 2; do pid[i]=$(sed -n "s/^node $i .* pid \([0-9]*\) .*/\1/p" "$dir/view" | tail -n 1); done
  leader=${pid[lead]} followers=("${pid[(lead + 1) % 3]}" "${pid[(lead + 2) % 3]}")
}

nodes_lead() {
  lead=$("$program" client --config "$dir/cluster.toml" --json status |
    jq -es '[.[] | select(.role != null)] | if length == 3 then map(select(.role == "leader"))[0].node else error end')
}

load_nodes() { # SYSTEM SIZE OUTSTANDING
  "$(binary "$1")" client --config "$dir/cluster.toml" --json bench \
    --size "$2" --outstanding "$3" --warm "$WARM" --seconds "$SECS"
}

gap_nodes() { # SYSTEM: one request at a time, and the leader is killed after two seconds
  "$(binary "$1")" client --config "$dir/cluster.toml" --json bench \
    --outstanding 1 --warm 1 --seconds 7 >"$dir/gap" &
  local client=$!
  sleep 2
  kill -9 "$leader"
  wait $client
  cat "$dir/gap"
}

url() { echo "http://127.0.0.1:$((PORT + $1))"; }

start_etcd() {
  local i all="n0=$(url 10),n1=$(url 11),n2=$(url 12)"
  local -a pid
  pids=()
  for i in 0 1 2; do
    etcd --name n$i --data-dir "$dir/n$i" --logger zap --log-outputs stderr \
      --listen-client-urls "$(url $i)" --advertise-client-urls "$(url $i)" \
      --listen-peer-urls "$(url 1$i)" --initial-advertise-peer-urls "$(url 1$i)" \
      --initial-cluster "$all" --initial-cluster-token "$dir" >"$dir/n$i.log" 2>&1 &
    pid[i]=$! pids+=($!)
  done
  wait_for etcd_leads
  leader=${pid[lead]} followers=("${pid[(lead + 1) % 3]}" "${pid[(lead + 2) % 3]}")
}

etcd_leads() {
  lead=$(for i in 0 1 2; do
    ETCDCTL_API=3 etcdctl --endpoints "$(url $i)" endpoint status -w json
  done | jq -es 'map(.[0].Status) | if length == 3 then map(.leader == .header.member_id) | index(true) else error end')
  [ "$lead" != null ]
}

load_etcd() { # SYSTEM SIZE OUTSTANDING
  "$ETCD_LOAD" --mode load --target "$(url "$lead")" --size "$2" --n "$3" --warm "$WARM" --secs "$SECS"
}

gap_etcd() { # SYSTEM: the leader comes first
  "$ETCD_LOAD" --mode failover --victim "$leader" --kill-after-ms 2000 --total-ms 8000 \
    --endpoints "$(url "$lead"),$(url $(((lead + 1) % 3))),$(url $(((lead + 2) % 3)))"
}

wait_for() {
  for _ in {1..200}; do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
  die "never: $*; see $dir"
}

stop() {
  local pid
  # The program that runs a cluster ends its nodes.
  for pid in "${pids[@]}"; do kill -INT "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  pids=()
}

kind() { if [ "$1" = etcd ]; then echo etcd; else echo nodes; fi; }

# A fresh cluster for each measurement, so that none has the log of another.
measure() { # SYSTEM SCENARIO SIZE OUTSTANDING
  dir=$(mktemp -d -p "$work") leader='' followers=()
  "start_$(kind "$1")" "$1"
  case $2 in
    all-up) ;;
    # A client of before goes from the leader to the node after it.
    follower-dead) kill -9 "${followers[0]}" ;;
    gap) ;;
  esac
  local measured
  case $2 in
    gap) measured=$("gap_$(kind "$1")" "$1") ;;
    *) measured=$("load_$(kind "$1")" "$1" "$3" "$4") ;;
  esac
  stop
  rm -rf "$dir"
  jq -c --arg system "$1" --arg scenario "$2" --arg size "$3" --arg outstanding "$4" \
    '. + {system: $system, scenario: $scenario, at: "\($size) \($outstanding)"}' <<<"$measured" | tee -a "$results" >&2
}

for round in $(seq "$ROUNDS"); do
  for scenario in all-up follower-dead; do
    for size in $SIZES; do for outstanding in $OUTSTANDING; do
      for system in "${systems[@]}"; do measure "$system" "$scenario" "$size" "$outstanding"; done
    done; done
  done
done
for _ in $(seq "$KILLS"); do
  for system in "${systems[@]}"; do measure "$system" gap 16 1; done
done

echo "medians of $ROUNDS rounds of $SECS s after $WARM s, $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)"
jq -rs '
  def median: sort | .[length / 2 | floor];
  def thousands: tostring | [match("^\\d{1,3}(?=(\\d{3})*$)|\\d{3}"; "g").string] | join(",");
  def ms: . / 100 | round / 10 | tostring;
  def table: group_by([.scenario, (.at | split(" ") | map(tonumber)), (.system | {before: 0, now: 1, etcd: 2}[.])])[]
    | "| \(.[0].scenario) | \(.[0].at | split(" ") | join(" | ")) | \(.[0].system) | "
      + "\(map(.ops_s) | median | thousands) (\(map(.ops_s) | min | thousands) to \(map(.ops_s) | max | thousands)) | "
      + "\(map(.p50_us) | median | ms) | \(map(.p99_us) | median | ms) | \(map(.p999_us) | median | ms) | "
      + "\(map(.max_us) | max | ms) | \(map(.resends // 0) | median | thousands) | \(map(.errors + (.unknown // 0)) | add) |";
  "", "| nodes | bytes | outstanding | system | operations/s | p50 ms | p99 ms | p99.9 ms | max ms | sent again | not done |",
  "|---|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|",
  (map(select(.scenario != "gap")) | table),
  "", "| system | gap after a killed leader, ms: median | all |", "|---|---:|---|",
  (map(select(.scenario == "gap")) | group_by(.system | {before: 0, now: 1, etcd: 2}[.])[]
    | "| \(.[0].system) | \(map(.longest_gap_ms) | median) | \(map(.longest_gap_ms) | sort | map(tostring) | join(", ")) |")
' "$results"
