#!/usr/bin/env bash
# The kill matrix: host, guardian and trees are ended in every way, again and
# again; the same trees under other supervisors; the tables of docs/attack.md.
#
#   ROUNDS=N    runs of each combination (50; SIGKILL of the host 20 times that)
#   MINUTES=N   begins no round after so many minutes
#   JOBS=N      so many runs at a time: faster, with worse times
#   ONLY=TEXT   only combinations whose names contain this
#   PROFILE=debug   a build without optimisation
#   RIVALS=0    without the other supervisors
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

profile=${PROFILE:-release}
flags=()
[[ $profile == release ]] && flags=(--release)
cargo build --quiet "${flags[@]}" -p fake-host -p fake-sidecar

words=(--rounds "${ROUNDS:-50}" --jobs "${JOBS:-1}")
[[ -z ${MINUTES:-} ]] || words+=(--minutes "$MINUTES")
[[ -z ${ONLY:-} ]] || words+=(--only "$ONLY")
status=0
"${CARGO_TARGET_DIR:-target}/$profile/attack" "${words[@]}" || status=$?
[[ ${RIVALS:-1} == 0 ]] || node scripts/attack/rivals.mjs "$profile" 3
node scripts/attack/report.mjs
exit "$status"
