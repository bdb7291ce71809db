#!/usr/bin/env bash
# Nodes of Raft whose links are cut one way, with PreVote and CheckQuorum and without: each node in a network
# namespace of its own. Prints the table of README.md. As root, with iproute2 and jq.
set -euo pipefail

: "${NOW:=target/release/quorate}" "${ROUNDS:=3}" "${SECS:=8}"

. "$(dirname "$0")/nodes.sh"
[ "$(id -u)" = 0 ] || { echo "network namespaces need root" >&2; exit 1; }

bridge=q$$b nodes=0 pids=()
space() { echo "q$$n$1"; }
address() { echo "10.214.9.$((1 + $1))"; }
client() { ip netns exec "$(space "$nodes")" "$NOW" client --config "$data/cluster.toml" --json "$@"; }

stop() {
  local node
  for node in "${pids[@]}"; do kill "$node" 2>/dev/null || true; done
  for node in "${pids[@]}"; do wait "$node" 2>/dev/null || true; done
  pids=()
  for node in $(seq 0 "$nodes"); do
    ip link del "q$$v$node" 2>/dev/null || true
    ip netns del "$(space "$node")" 2>/dev/null || true
  done
  ip link del "$bridge" 2>/dev/null || true
}

connect() { # so many nodes and a client, each in a namespace, on one bridge
  local node
  ip link add "$bridge" type bridge
  ip link set "$bridge" up
  for node in $(seq 0 "$nodes"); do
    ip netns add "$(space "$node")"
    ip link add "q$$v$node" type veth peer name eth0 netns "$(space "$node")"
    ip link set "q$$v$node" master "$bridge" up
    ip -n "$(space "$node")" addr add "$(address "$node")/24" dev eth0
    ip -n "$(space "$node")" link set lo up
    ip -n "$(space "$node")" link set eth0 up
  done
}

configure() { # SWITCH: whether both features are on
  local node list=''
  for node in $(seq 0 $((nodes - 1))); do list+="\"$(address "$node"):7000\", "; done
  mkdir "$data"
  "$NOW" keys "$data/keys" >/dev/null
  printf '%s\n' "cluster = $RANDOM" 'protocol = "raft"' "nodes = [${list%, }]" 'keys = "keys"' \
    '[raft]' "pre_vote = $1" "check_quorum = $1" >"$data/cluster.toml"
}

leader() { # that all follow
  client status | jq -es "map(.leader) | if length == $nodes and unique != [null] and (unique | length) == 1 then .[0] else error end"
}

term() { client status | jq -es 'map(.term // 0) | max'; }

cut_way() { ip -n "$(space "$1")" route add blackhole "$(address "$2")/32"; } # FROM TO

deafen() { local from; for from in $(seq 0 $((nodes - 1))); do [ "$from" = "$1" ] || cut_way "$from" "$1"; done; }

cut_links() { # CUT LEADER
  local node
  case $1 in
    follower) deafen $((($2 + 1) % nodes)) ;;
    leader) deafen "$2" ;;
    cycle) for node in $(seq 0 $((nodes - 1))); do cut_way "$node" $(((node + 1) % nodes)); done ;;
  esac
}

measure() { # CUT NODES SWITCH: appends new terms, the longest gap in ms, and operations a second
  local node before load
  nodes=$2 data=$work/data
  rm -rf "$data"
  connect
  configure "$3"
  for node in $(seq 0 $((nodes - 1))); do
    ip netns exec "$(space "$node")" "$NOW" node --config "$data/cluster.toml" --id "$node" --data "$data/node-$node" --init \
      2>"$data/log-$node" &
    pids+=($!)
  done
  until node=$(leader 2>/dev/null); do kill -0 "${pids[0]}"; done
  before=$(term)
  client bench --outstanding 1 --warm 1 --seconds "$SECS" >"$data/told" &
  load=$! pids+=($!)
  sleep 2
  cut_links "$1" "$node"
  # If nothing was written, it fails.
  wait $load || true
  echo "$(($(term) - before)) $(field longest_gap_ms <"$data/told") $(field ops_s <"$data/told")" >>"$work/$1-$3"
  stop
}

for _ in $(seq "$ROUNDS"); do
  for switch in false true; do
    measure follower 3 $switch
    measure leader 3 $switch
    measure cycle 5 $switch
  done
done

both() { # FILE COLUMN: without and with the features
  local switch
  for switch in false true; do cut -d' ' -f"$2" <"$work/$1-$switch" | median; done | paste -sd' ' | sed 's/ / | /'
}

echo "medians of $ROUNDS rounds of $SECS s, $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)"
echo
echo "| cut after a second | new terms, both off | both on | longest time without a write ms, both off | both on | writes/s, both off | both on |"
echo "|---|---:|---:|---:|---:|---:|---:|"
row() { echo "| $2 | $(both "$1" 1) | $(both "$1" 2) | $(both "$1" 3) |"; }
row follower "a follower of three hears nobody"
row leader "a leader of three hears nobody"
row cycle "of five, each does not reach the next"
