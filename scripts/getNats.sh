#!/bin/sh
# nats-server for the tests of clusters, unpacked into .cache/nats of the repository; nothing is installed.
# From a newer suite of Debian, by the mirror that apt uses already: Debian 12 and 13 have versions that are too old.
set -e
cd "$(dirname "$0")/.."
directory=.cache/nats
suite=${1:-forky}
if [ -x "$directory/usr/sbin/nats-server" ]; then
  exec "$directory/usr/sbin/nats-server" --version
fi
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -v security | head -1)
mkdir -p "$directory" "$state/etc" "$state/lists/partial" "$state/archives/partial"
printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
  "$mirror" "$suite" >"$state/etc/s.sources"
set -- -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$state/etc" -o "Dir::State::Lists=$state/lists" \
  -o "Dir::Cache=$state" -o APT::Sandbox::User=root
apt-get "$@" -qq update
target=$PWD/$directory
(cd "$state" && apt-get "$@" -qq download nats-server && dpkg -x nats-server_*.deb "$target")
"$directory/usr/sbin/nats-server" --version
