#!/usr/bin/env bash
# tools/fuzz.sh BUILD_DIR SECONDS: runs every libFuzzer target of a build, each from its seeds.
set -euo pipefail
build=$1
seconds=$2
status=0
mapfile -t targets < <(find "$build" -type f -name '*_fuzz' -perm -u+x | sort)
if [ "${#targets[@]}" -eq 0 ]; then
  echo "error: no fuzz targets under $build; build the preset \"fuzz\" [FUZZ-BUILD]" >&2
  exit 1
fi
for target in "${targets[@]}"; do
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
done
exit $status
