#!/usr/bin/env bash
# Three nodes under load, of Raft before and after a change beside etcd, of ZAB beside ZooKeeper, and of Totem beside
# corosync: all in one run, turn by turn.
# Prints the tables of README.md. What it needs, and its settings, are described there.
set -euo pipefail

: "${NOW:=target/release/quorate}" "${BEFORE:=}" "${ETCD_LOAD:=}" "${ZK_LOAD:=}" "${CPG_LOAD:=}"
: "${ROUNDS:=3}" "${SECS:=8}" "${WARM:=2}" "${COMPILES:=10}" "${SIZES:=16 1024}" "${OUTSTANDING:=1 64 512}" "${KILLS:=5}"
: "${PORT:=23790}" "${SCENARIOS:=all-up follower-dead}"

die() { echo "$*" >&2; exit 1; }
[ -x "$NOW" ] || die "$NOW: no such program; cargo build --release -p quorate makes it"
systems=(${BEFORE:+before} raft ${ETCD_LOAD:+etcd} zab ${ZK_LOAD:+zookeeper} totem ${CPG_LOAD:+corosync})
: "${SYSTEMS:=${systems[*]}}"
work=$(mktemp -d)
results=$work/results pids=() pid=() signal=INT
trap stop EXIT
trap 'exit 130' INT TERM

# Each system: start it, set `leader` and `followers` to process ids, load it, tell the gap.

binary() { if [ "$1" = before ]; then echo "$BEFORE"; else echo "$NOW"; fi; }

start_nodes() {
  program=$(binary "$1")
  case $1 in zab | totem) protocol=$1 ;; *) protocol=raft ;; esac
  "$program" cluster --protocol $protocol --data "$dir" >"$dir/view" 2>&1 &
  pids=($!)
  wait_for nodes_lead
  wait_for node_pids
  leader=${pid[lead]} followers=("${pid[(lead + 1) % 3]}" "${pid[(lead + 2) % 3]}")
}

node_pids() { # as the view of the cluster shows them
  local i
  for i in 0 1 2; do
    pid[i]=$(sed -n "s/^node $i .* pid \([0-9]*\) .*/\1/p" "$dir/view" | tail -n 1)
    [ -n "${pid[i]}" ] || return 1
  done
}

nodes_lead() {
  local led='map(select(.leader == .node))[0].node'
  # In Totem nobody leads; the representative of a ring of all is its member with the lowest id.
  [ "$protocol" = totem ] && led='if all(.role == "primary") then 0 else null end'
  lead=$("$program" client --config "$dir/cluster.toml" --json status |
    jq -es "[.[] | select(.role != null)] | if length == 3 then $led else error end")
  [ "$lead" != null ]
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
  # Under load, another may lead by now.
  wait_for nodes_lead
  kill -9 "${pid[lead]}"
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

zookeeper_port() { echo $((PORT + 30 + $1)); }

zookeeper_mode() { # SERVER: what it says it is
  exec 9<>"/dev/tcp/127.0.0.1/$(zookeeper_port "$1")" || return 1
  printf srvr >&9
  timeout 2 sed -n 's/^Mode: //p' <&9
  exec 9>&-
}

start_zookeeper() {
  local i jars
  local -a pid
  jars=$(dpkg -L libzookeeper-java | grep '/share/java/zookeeper\.jar$')
  pids=() signal=KILL
  for i in 0 1 2; do
    mkdir -p "$dir/n$i"
    echo "$i" >"$dir/n$i/myid"
    {
      printf '%s\n' tickTime=2000 initLimit=10 syncLimit=5 admin.enableServer=false \
        4lw.commands.whitelist=srvr clientPortAddress=127.0.0.1 \
        "dataDir=$dir/n$i" "clientPort=$(zookeeper_port "$i")"
      printf "server.%s=127.0.0.1:%s:%s\n" \
        0 "$(zookeeper_port 3)" "$(zookeeper_port 6)" \
        1 "$(zookeeper_port 4)" "$(zookeeper_port 7)" \
        2 "$(zookeeper_port 5)" "$(zookeeper_port 8)"
    } >"$dir/n$i.cfg"
    java -Xmx1000m -Dzookeeper.jmx.log4j.disable=true -cp "$jars" \
      org.apache.zookeeper.server.quorum.QuorumPeerMain "$dir/n$i.cfg" >"$dir/n$i.log" 2>&1 &
    pid[i]=$! pids+=($!)
  done
  wait_for zookeeper_leads
  leader=${pid[lead]} followers=("${pid[(lead + 1) % 3]}" "${pid[(lead + 2) % 3]}")
  # The JVM compiles first what is called often.
  "$ZK_LOAD" --mode load --target "127.0.0.1:$(zookeeper_port "$lead")" --size 16 --n 512 \
    --warm 0 --secs "$COMPILES" >/dev/null
}

zookeeper_leads() {
  local i mode
  lead=null
  for i in 0 1 2; do
    mode=$(zookeeper_mode "$i")
    [ -n "$mode" ] || return 1
    if [ "$mode" = leader ]; then lead=$i; fi
  done
  [ "$lead" != null ]
}

load_zookeeper() { # SYSTEM SIZE OUTSTANDING
  "$ZK_LOAD" --mode load --target "127.0.0.1:$(zookeeper_port "$lead")" --size "$2" --n "$3" \
    --warm "$WARM" --secs "$SECS"
}

gap_zookeeper() { # SYSTEM: the leader comes first
  local at=127.0.0.1
  "$ZK_LOAD" --mode failover --victim "$leader" --kill-after-ms 2000 --total-ms 8000 --endpoints \
    "$at:$(zookeeper_port "$lead"),$at:$(zookeeper_port $(((lead + 1) % 3))),$at:$(zookeeper_port $(((lead + 2) % 3)))"
}

# corosync has a network namespace for each daemon: its local sockets bear the daemon's name alone.
space() { echo "q$$n$1"; }

corosync_conf() { # STATE
  local i
  cat <<EOF
system {
  state_dir: $1
}
totem {
  version: 2
  cluster_name: quorate
  transport: knet
  crypto_cipher: none
  crypto_hash: none
}
logging {
  to_stderr: yes
  to_syslog: no
  to_logfile: no
}
quorum {
  provider: corosync_votequorum
}
nodelist {
EOF
  for i in 1 2 3; do
    printf '  node {\n    nodeid: %s\n    name: n%s\n    ring0_addr: 10.213.9.%s\n  }\n' $i $i $i
  done
  echo "}"
}

start_corosync() {
  local i bridge=q$$b
  [ "$(id -u)" = 0 ] || die "corosync needs network namespaces, and they need root"
  ip link add "$bridge" type bridge
  ip link set "$bridge" up
  pids=() signal=KILL
  local -a pid
  for i in 1 2 3; do
    ip netns add "$(space $i)"
    ip link add "q$$v$i" type veth peer name eth0 netns "$(space $i)"
    ip link set "q$$v$i" master "$bridge" up
    ip -n "$(space $i)" addr add "10.213.9.$i/24" dev eth0
    ip -n "$(space $i)" link set lo up
    ip -n "$(space $i)" link set eth0 up
  done
  for i in 1 2 3; do
    mkdir -p "$dir/n$i/state"
    corosync_conf "$dir/n$i/state" >"$dir/n$i/corosync.conf"
    # A /run of its own, for the daemon's lock.
    ip netns exec "$(space $i)" unshare -m sh -c \
      'mount --make-rprivate / && mount -t tmpfs tmpfs /run && exec "$@"' sh \
      corosync -f -c "$dir/n$i/corosync.conf" >"$dir/n$i.log" 2>&1 &
    pid[i]=$! pids+=($!)
  done
  leader=${pid[1]} followers=("${pid[2]}" "${pid[3]}")
  # A client that comes before all are together may never hear of some.
  wait_for corosync_is_one_ring
}

corosync_is_one_ring() { local i; for i in 1 2 3; do grep -q 'Members\[3\]' "$dir/n$i.log" || return 1; done; }

members() { local i; for i in 1 2 3; do echo "/run/netns/$(space $i):${pids[i - 1]}"; done; }

load_corosync() { # SYSTEM SIZE OUTSTANDING: one member sends, as a client of ours asks one node
  SENDERS=1 SIZE=$2 WINDOW=$3 WARM=$WARM SECS=$SECS timeout $((WARM + SECS + 20)) "$CPG_LOAD" load $(members)
}

gap_corosync() { # SYSTEM: the representative, which has the lowest id, is killed; the longest silence at a survivor
  # A ring of three is formed anew 8 s after the kill by corosync's defaults; the silence ends with a message after it.
  SIZE=16 WINDOW=1 WARM=1 SECS=20 KILL_MS=3000 timeout 60 "$CPG_LOAD" failover $(members | tac) |
    jq -ce 'if .gap_began_ms < .killed_at_ms - 100 then error("no silence after the kill") else
      {longest_gap_ms: (.survivor_gap_ms | max)} end'
}

stop_corosync() {
  local i
  for i in 1 2 3; do ip netns del "$(space $i)" 2>/dev/null || true; done
  ip link del q$$b 2>/dev/null || true
}

wait_for() {
  for _ in {1..200}; do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
  die "never: $*; see $dir"
}

stop() {
  local pid
  # The program that runs a cluster ends its nodes.
  for pid in "${pids[@]}"; do kill -$signal "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  pids=() signal=INT
  stop_corosync
}

# Hundredths of a second that these processes have run.
spent() { local pid; for pid; do cut -d' ' -f14,15 "/proc/$pid/stat"; done | awk '{n += $1 + $2} END {print n}'; }

kind() { case $1 in etcd | zookeeper | corosync) echo "$1" ;; *) echo nodes ;; esac; }

# A fresh cluster for each measurement, so that none has the log of another.
measure() { # SYSTEM SCENARIO SIZE OUTSTANDING
  # The load on corosync begins when all three are there.
  if [ "$1 $2" = "corosync follower-dead" ]; then return; fi
  local measured='' cpu=0
  # Now and then a client of corosync waits for a member that is there: then all start again.
  for _ in 1 2 3; do
    dir=$(mktemp -d -p "$work") leader='' followers=()
    "start_$(kind "$1")" "$1"
    # A client of before goes from the leader to the node after it.
    if [ "$2" = follower-dead ]; then kill -9 "${followers[0]}"; fi
    [ "$2" != all-up ] || cpu=$(spent "$leader" "${followers[@]}")
    case $2 in
      gap) measured=$("gap_$(kind "$1")" "$1") && break ;;
      *) measured=$("load_$(kind "$1")" "$1" "$3" "$4") && break ;;
    esac
    stop
  done
  [ -n "$measured" ] || die "$1 was not measured; see $dir"
  [ "$2" != all-up ] || cpu=$(($(spent "$leader" "${followers[@]}") - cpu))
  stop
  rm -rf "$dir"
  jq -c --arg system "$1" --arg scenario "$2" --arg size "$3" --arg outstanding "$4" \
    --arg cpu "$cpu" --arg s $((WARM + SECS)) '. + {system: $system, scenario: $scenario, at: "\($size) \($outstanding)"}
      + if $cpu == "0" then {} else {cpu_us: (($cpu | tonumber) * 10000 / (.ops_s * ($s | tonumber)))} end' <<<"$measured" | tee -a "$results" >&2
}

for round in $(seq "$ROUNDS"); do
  for scenario in $SCENARIOS; do
    for size in $SIZES; do for outstanding in $OUTSTANDING; do
      for system in $SYSTEMS; do measure "$system" "$scenario" "$size" "$outstanding"; done
    done; done
  done
done
for _ in $(seq "$KILLS"); do
  for system in $SYSTEMS; do measure "$system" gap 16 1; done
done

echo "medians of $ROUNDS rounds of $SECS s after $WARM s, $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)"
jq -rs '
  def median: sort | (.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2;
  def thousands: tostring | [match("^\\d{1,3}(?=(\\d{3})*$)|\\d{3}"; "g").string] | join(",");
  def ms: . / 100 | round / 10 | tostring;
  def table: group_by([.scenario, (.at | split(" ") | map(tonumber)), (.system | {before: 0, raft: 1, etcd: 2, zab: 3, zookeeper: 4, totem: 5, corosync: 6}[.])])[]
    | "| \(.[0].scenario) | \(.[0].at | split(" ") | join(" | ")) | \(.[0].system) | "
      + "\(map(.ops_s) | median | round | thousands) (\(map(.ops_s) | min | thousands) to \(map(.ops_s) | max | thousands)) | "
      + "\(map(.p50_us) | median | ms) | \(map(.p99_us) | median | ms) | \(map(.p999_us) | median | ms) | "
      + "\(map(.max_us) | max | ms) | "
      + "\(map(.cpu_us // empty) | if . == [] then "–" else median | . * 10 | round / 10 | tostring end) | \(map(.resends // 0) | median | round | thousands) | \(map(.errors + (.unknown // 0)) | add) |";
  "", "| nodes | bytes | outstanding | system | operations/s | p50 ms | p99 ms | p99.9 ms | max ms | CPU µs an operation | sent again | not done |",
  "|---|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|",
  (map(select(.scenario != "gap")) | table),
  "", "| system | gap after a killed leader, ms: median | all |", "|---|---:|---|",
  (map(select(.scenario == "gap")) | group_by(.system | {before: 0, raft: 1, etcd: 2, zab: 3, zookeeper: 4, totem: 5, corosync: 6}[.])[]
    | "| \(.[0].system) | \(map(.longest_gap_ms) | median) | \(map(.longest_gap_ms) | sort | map(tostring) | join(", ")) |")
' "$results"
