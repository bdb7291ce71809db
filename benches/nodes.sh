# What scripts that load a cluster of nodes share; `work` is a folder of their own, and `pid` the program that runs
# the cluster.

[ -x "$NOW" ] || { echo "$NOW: no such program; cargo build --release -p quorate makes it" >&2; exit 1; }
work=$(mktemp -d)
pid=
stop() { if [ -n "$pid" ]; then kill -INT "$pid" 2>/dev/null && wait "$pid" || true; pid=; fi; }
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

start() { # PROTOCOL DIR: waits until all nodes answer and a majority serves
  "$NOW" cluster --protocol "$1" --data "$2" >"$2.view" 2>&1 &
  pid=$!
  until grep -q '^Ctrl-C' "$2.view" && "$NOW" client --config "$2/cluster.toml" status >"$2.status" 2>&1; do
    kill -0 "$pid" || { cat "$2.view" >&2; exit 1; }
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

load() { # DIR SIZE OUTSTANDING: loads the cluster for SECS seconds
  "$NOW" client --config "$1/cluster.toml" --json bench --size "$2" --outstanding "$3" --warm 0 --seconds "$SECS"
}

median() { sort -n | awk '{ it[NR] = $1 } END { print it[int((NR + 1) / 2)] }'; }
field() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p"; }
