#!/usr/bin/env bash
# A real llama-server from Debian unstable's packages, unpacked beside the system, never installed into it.
#
#   llama-server.sh DEST        prints nothing on success; the program is DEST/llama-server
#
# Why this way: stable Debian carries no llama.cpp, and unstable's build wants a newer libc than stable has. So its
# own libc, libstdc++ and loader come along, and the loader is what starts it. Unstable moves: no version is pinned.
set -euo pipefail

dest=${1:?usage: llama-server.sh DEST}
work=$dest.partial
rm -rf "$work"
mkdir -p "$work"/apt/{lists/partial,cache/archives/partial} "$work/tree"

# The mirror this machine already trusts, so that a private mirror or a proxy keeps working.
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
    grep -vE '^[[:space:]]*#' | grep -oE 'https?://[^ ]+/debian/?([[:space:]]|$)' | head -n 1 | tr -d '[:space:]' || true)
[ -n "$mirror" ] || { echo "llama-server.sh: no Debian mirror in this machine's apt sources" >&2; exit 1; }

echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$work/apt/sources.list"
: >"$work/apt/status" # nothing counts as installed
private=(-q -q
    -o Dir::Etc::SourceList="$work/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::State::Lists="$work/apt/lists" -o Dir::State::status="$work/apt/status" -o Dir::Cache="$work/apt/cache"
    -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=3 -o Acquire::Languages=none)
apt-get "${private[@]}" update
(
    cd "$work/apt/cache/archives"
    apt-get "${private[@]}" download libc6 libgcc-s1 libstdc++6 libgomp1 libssl3t64 libzstd1 zlib1g \
        libggml0 libllama0 llama.cpp-tools
)
for package in "$work"/apt/cache/archives/*.deb; do dpkg -x "$package" "$work/tree"; done
rm -rf "$work/apt"

libraries=usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo "$(uname -m)-linux-gnu")
loader=$(cd "$work/tree/$libraries" && ls ld-linux*.so.* | head -n 1)
# ggml looks for its CPU back ends beside the running program, and that is the loader: put links there.
(cd "$work/tree/$libraries" && ln -sf ggml/backends0/libggml-cpu-*.so .)

cat >"$work/llama-server" <<WRAPPER
#!/bin/sh
root=\$(dirname "\$(readlink -f "\$0")")/tree
lib=\$root/$libraries
exec "\$lib/$loader" --library-path "\$lib:\$lib/ggml/backends0:\$lib/llama" "\$root/usr/bin/llama-server" "\$@"
WRAPPER
chmod +x "$work/llama-server"
"$work/llama-server" --version >/dev/null 2>&1 || { "$work/llama-server" --version; exit 1; }

rm -rf "$dest"
mv "$work" "$dest" # only a whole installation ever stands at DEST
