#!/bin/sh
# Installs what the tests need, Verilog tools and a browser, where they are missing and apt can be used.
set -eu

missing=""
add() {
  missing="$missing $1"
}
command -v verilator >/dev/null || add verilator
command -v iverilog >/dev/null || add iverilog
command -v yosys >/dev/null || add yosys
command -v g++ >/dev/null || add g++
command -v make >/dev/null || add make
command -v chromium >/dev/null || add chromium
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "Missing:$missing. Install them with your package manager, then run the command again." >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null; then
  as_root="sudo"
else
  echo "Missing:$missing. Ask an administrator to run: apt-get install$missing" >&2
  exit 1
fi
echo "Installing$missing with apt-get."
log=$(mktemp)
# shellcheck disable=SC2086 -- a list of packages
if ! { $as_root apt-get update && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
  tail -20 "$log" >&2
  echo "apt-get could not install$missing; see the lines above." >&2
  exit 1
fi
rm -f "$log"
