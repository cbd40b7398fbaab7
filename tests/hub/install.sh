#!/usr/bin/env bash
# Make sure the proxy of JupyterHub is there for the tests on a real hub; without npm they skip, and say so.
set -eu
folder="${XDG_CACHE_HOME:-$HOME/.cache}/lulc-explorer-tests/node"
if command -v configurable-http-proxy >/dev/null || [ -x "$folder/node_modules/.bin/configurable-http-proxy" ]; then exit 0; fi
if ! command -v npm >/dev/null; then
    echo "The tests on a real JupyterHub need npm, and are skipped without it." >&2
    exit 0
fi
npm install --silent --no-fund --no-audit --prefix "$folder" configurable-http-proxy@5 ||
    echo "npm could not install configurable-http-proxy: the tests on a real JupyterHub are skipped." >&2
