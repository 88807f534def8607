#!/bin/sh
# What a module of mercure and a MONAI application package run: images from the folder that the environment names,
# results of series whose trust report passes or warns into the other. Arguments, and those in LIMPID_ARGUMENTS (split at
# spaces), are those of `limpid denoise`. Exit code 1 where a series failed or was held.
set -uf

if [ "${1-}" = show ]; then
  cat "${HOLOSCAN_APP_MANIFEST_PATH:-/etc/holoscan/app.json}" "${HOLOSCAN_PKG_MANIFEST_PATH:-/etc/holoscan/pkg.json}"
  exit
fi
in=${MERCURE_IN_DIR:-${HOLOSCAN_INPUT_PATH:-${MONAI_INPUTPATH:-/var/holoscan/input}}}
out=${MERCURE_OUT_DIR:-${HOLOSCAN_OUTPUT_PATH:-${MONAI_OUTPUTPATH:-/var/holoscan/output}}}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# shellcheck disable=SC2086
limpid denoise "$in" "$work/results" ${LIMPID_ARGUMENTS-} "$@"
code=$?
# Where nothing was done there is no report, and nothing to hand on.
if [ -f "$work/results/report.json" ]; then
  limpid send "$work/results" --to "${out%/}/" --verdict --json > "$work/sent"
  held=$?
  tail -n 1 "$work/sent" > "${out%/}/result.json"
  cp "$work/results/report.json" "$work/results/report.html" "${out%/}/"
  [ "$code" -ne 0 ] || code=$held
fi
exit "$code"
