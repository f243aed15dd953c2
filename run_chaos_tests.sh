#!/bin/sh
# Runs the chaos drills of a repository, one after the other, and fails when one did not recover in time or could not be told.
#
#   run_chaos_tests.sh                     every drills/*.yml of the current folder
#   run_chaos_tests.sh drills/redis.yml    these drills only
#   run_chaos_tests.sh --dry-run           everything up to the first disturbance
#
# Each file names a drill: {drill: chaos, title: Redis comes back, params: {target: "redis://localhost:6379", container: redis}, expect: <= 5 min}
# With SLACK_WEBHOOK_URL set, each incident goes there under the id of its record. Records are left in evidence/.
# Exit: 0 all passed, 1 one failed, 2 nothing was run, 3 one could not be told. See docs/drills.md.
set -eu
launcher=$(dirname "$0")/scripts/launch.py
given=
for word in "$@"; do
  case $word in *.yml | *.yaml) given=yes ;; esac
done
if [ -z "$given" ]; then
  set -- "$@" drills/*.yml
  [ -e drills ] || { echo "run_chaos_tests.sh: there is no drills/*.yml here; see docs/drills.md" >&2; exit 2; }
fi
if [ -n "${SLACK_WEBHOOK_URL:-}" ]; then set -- --slack "$@"; fi
exec "${PYTHON:-python3}" -I "$launcher" drill "$@"
