# Sourced by ./demo and ./check: installs what is missing on Debian 12, and nothing else.
# need PACKAGE ... installs those of the packages that are absent.
need() {
  local package missing=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      missing+=("$package")
  done
  [ "${#missing[@]}" -eq 0 ] && return 0
  if [ "$(id -u)" -ne 0 ]; then
    echo "error: missing packages: ${missing[*]}. Install them as root:" >&2
    echo "  apt-get install ${missing[*]}   [SETUP-PACKAGES]" >&2
    return 1
  fi
  echo "installing ${missing[*]} ..." >&2
  local log
  log=$(mktemp)
  if ! { apt-get -o DPkg::Lock::Timeout=300 update -qq &&
         DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq \
           --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "error: installing ${missing[*]} failed; the whole log is $log [SETUP-PACKAGES]" >&2
    return 1
  fi
  rm -f "$log"
}

BUILD_PACKAGES=(g++ cmake ninja-build ccache libssl-dev libsodium-dev libyaml-cpp-dev
                libcli11-dev libsqlite3-dev libgrpc++-dev protobuf-compiler-grpc libprotobuf-dev
                protobuf-compiler libboost1.81-dev nlohmann-json3-dev python3 python3-pip)
TEST_PACKAGES=(libgtest-dev libbenchmark-dev librapidcheck-dev clang-format-19)
FULL_PACKAGES=(clang-19 libclang-rt-19-dev clang-tidy-19)
