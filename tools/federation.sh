# Sourced by ./demo: a federation of processes on this machine, a coordinator and agents over mutual
# TLS. Needs $florin, the program. Everything that is started leaves a process id in
# $federation/NAME.pid and its log in $federation/NAME.log; federation_stop ends them all.
federation=$PWD/demo-output/federation
operator=$federation/coordinator/operators/admin

# await SECONDS WHAT COMMAND ...: until the command succeeds.
await() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$end" ]; then
      echo "error: waited in vain for $what; the logs are $federation/*.log [DEMO-WAIT]" >&2
      return 1
    fi
    sleep 0.1
  done
}

# start NAME ARGUMENT ...: florin in the background, also after this shell has gone.
start() {
  local name=$1
  shift
  setsid "$florin" "$@" >"$federation/$name.log" 2>&1 </dev/null &
  echo $! >"$federation/$name.pid"
  disown
}

pid_of() { cat "$federation/$1.pid"; }

# Whether the process is there and one of ours: ids are used again.
is_running() { [ -r "/proc/$1/cmdline" ] && grep -qz -- "^$federation/" "/proc/$1/cmdline"; }
is_gone() { ! is_running "$1"; }

federation_stop() {
  local file pid pids=()
  for file in "$federation"/*.pid; do
    [ -s "$file" ] && pids+=("$(cat "$file")")
  done
  for pid in ${pids[@]+"${pids[@]}"}; do
    is_running "$pid" && kill -TERM "$pid" && kill -CONT "$pid"
  done 2>/dev/null
  for pid in ${pids[@]+"${pids[@]}"}; do
    await 10 "process $pid to stop" is_gone "$pid" || kill -KILL "$pid"
  done
  rm -f "$federation"/*.pid
}

free_ports() {
  python3 -c 'import socket
probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(probe.getsockname()[1] for probe in probes))'
}

# A workspace with its operator, and its coordinator.
federation_start() {
  local port enrol_port
  federation_stop
  rm -rf "$federation"
  mkdir -p "$federation"
  read -r port enrol_port < <(free_ports)
  "$florin" init "$federation/coordinator" --name hotels --listen "127.0.0.1:$port" \
    --enrol-listen "127.0.0.1:$enrol_port" --quiet >"$federation/init.txt"
  start coordinator coordinator --dir "$federation/coordinator"
  await 20 "the coordinator" "$florin" site list --dir "$operator"
}

# The secret that keys a site's rounding. `join` draws one; `florin sim` derives it from the name,
# and only with that one a deployed model has the bytes of the simulated one.
simulated_secret() {
  python3 -c 'import hashlib, sys
label, name = b"virtual site secret", sys.argv[1].encode()
sys.stdout.buffer.write(hashlib.sha256(bytes([len(label)]) + label + (1).to_bytes(8, "little") +
                                       bytes([len(name)]) + name).digest())' "$1"
}

# federation_join NAME ROWS POLICY: a site with the files of the folder ROWS, no others.
federation_join() {
  local name=$1 token
  token=$("$florin" site add "$name" --dir "$operator" --output json --quiet |
    python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["token"])')
  "$florin" agent join - --dir "$federation/$name" --site "$name" --quiet <<<"$token" >/dev/null
  cp -r "$2" "$federation/$name/views"
  cp "$3" "$federation/$name/policy.yaml"
  simulated_secret "$name" >"$federation/$name/site.secret"
  federation_agent "$name"
}

# Starts a site's agent, or starts it again, until it is connected.
federation_agent() {
  start "$1" agent run --dir "$federation/$1"
  await 20 "site $1" grep -q "site.connected" "$federation/$1.log"
}

# has_contributed JOB COUNT: so many contributions of the round have come.
has_contributed() {
  "$florin" job show "$1" --dir "$operator" --output json | python3 -c 'import json, sys
items = {row["item"]: row["value"] for row in json.load(sys.stdin)}
sys.exit(items["updates.accepted"] < int(sys.argv[1]))' "$2"
}
