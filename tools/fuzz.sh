#!/usr/bin/env bash
# tools/fuzz.sh BUILD_DIR SECONDS: runs every libFuzzer target of a build, each from its seeds.
set -euo pipefail
build=$1
seconds=$2
status=0
while read -r target; do
  name=$(basename "$target")
  room=${name#florin_}
  room=${room%%_*}
  corpus=$build/corpus/$name
  mkdir -p "$corpus"
  seeds=$corpus
  for folder in "src/florin/$room/testdata" "src/florin/$room/testdata/seeds"; do
    [ -d "$folder" ] && seeds=$folder
  done
  echo "fuzzing $name for $seconds s"
  "$target" -max_total_time="$seconds" -max_len=65536 -print_final_stats=0 -verbosity=0 \
    "$corpus" "$seeds" || status=1
done < <(find "$build" -type f -name '*_fuzz' -perm -u+x | sort)
exit $status
