#!/usr/bin/env bash
# Builds Berth and opens a project with it.
#
#   npm start                          opens examples/vite-app
#   npm start -- PATH                  opens another project
#   npm start -- --exit-when-ready     ends once the project's page is shown
#
# Without a display a virtual one is used, and a screenshot of the page is saved.
#
# BERTH_BINARY=FILE         use this binary instead of building one
# BERTH_START_TIMEOUT=SECS  longest wait for the page where nobody watches
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
# shellcheck source=scripts/lib/setup.sh
source scripts/lib/setup.sh

usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' scripts/start.sh; }

project=
launch_options=()
while (($#)); do
  case $1 in
    --exit-when-ready) launch_options+=("$1") ;;
    -h | --help) usage && exit ;;
    --) ;;
    -*) usage >&2 && die "unknown option $1" ;;
    *)
      [[ -z $project ]] || die "one project at a time: $project or $1?"
      project=$1
      ;;
  esac
  shift
done

# A relative path is meant from where `npm start` was typed. A folder that is
# not there is Berth's to explain.
if [[ -z $project ]]; then
  project=$root/examples/vite-app
elif [[ $project != /* && ! $project =~ ^([A-Za-z]:[\\/]|\\\\) ]]; then
  project=${INIT_CWD:-$root}/$project
fi

# Berth asks before it runs a project's code for the first time. The example is
# part of this checkout, and on a virtual display there is nobody to ask: there
# the path on the command line is the answer.
if [[ $project -ef $root/examples/vite-app ]]; then
  launch_options+=(--trust)
fi

tasks=(build)
if [[ -z ${DISPLAY:-} && -z ${WAYLAND_DISPLAY:-} && $(uname -s) == Linux ]]; then
  launch_options+=(--virtual-display --trust)
  tasks+=(display)
fi
ensure_packages "${tasks[@]}"
ensure_pnpm
if [[ $project -ef $root/examples/vite-app ]]; then
  ensure_npm_packages "$project"
fi

binary=${BERTH_BINARY:-}
if [[ -z $binary ]]; then
  ensure_npm_packages "$root"
  say "Building Berth (the first time takes minutes)."
  binary=$(scripts/build.sh | tail -n 1)
fi

exec node scripts/lib/launch.mjs --binary "$binary" --project "$project" \
  ${launch_options[@]+"${launch_options[@]}"} # An empty list is an error to macOS' bash 3.2.
