#!/usr/bin/env bash
# Make sure a Chromium is there for the browser tests: the system's, installed where it is missing.
set -eu
[ -z "${CHROMIUM:-}" ] || exit 0
for name in chromium-headless-shell chromium google-chrome; do ! command -v $name >/dev/null || exit 0; done
if ! command -v apt-get >/dev/null; then
    echo "The browser tests need Chromium: install it, or set CHROMIUM to its path." >&2
    exit 1
fi
sudo=""
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq chromium-headless-shell fonts-dejavu-core >/dev/null ||
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq chromium fonts-dejavu-core >/dev/null
