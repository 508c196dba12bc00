#!/usr/bin/env bash
# A real LiteLLM proxy.
#
#   litellm.sh DEST     prints nothing on success; the program is DEST/venv/bin/litellm
#
# The version is pinned: later ones ask for a package of a version that was never published.
set -euo pipefail

dest=${1:?usage: litellm.sh DEST}
unset PYTHONDONTWRITEBYTECODE # without byte code every start compiles thousands of files
export UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy

# A real interpreter: uv does not follow the shims of version managers.
interpreter() {
    local candidate
    for candidate in python3.12 python3.13 python3.11 python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[1-3].*/bin/python3; do
        candidate=$(command -v "$candidate") || continue
        "$candidate" -c 'import sys, venv, ensurepip; assert (3, 11) <= sys.version_info < (3, 14)
print(sys.executable)' 2>/dev/null && return
    done
    echo "litellm.sh: no Python 3.11 to 3.13 with venv on this machine" >&2
    return 1
}

rm -rf "$dest"
mkdir -p "$dest"
python=$(interpreter)
uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    "$python" -m venv "$dest/uv"
    "$dest/uv/bin/pip" install -q --disable-pip-version-check uv
    uv=$dest/uv/bin/uv
fi
"$uv" venv -q --python "$python" "$dest/venv"
VIRTUAL_ENV=$dest/venv "$uv" pip install -q 'litellm[proxy]==1.106.2'
"$dest/venv/bin/python" -m compileall -q -j 0 "$dest"/venv/lib >/dev/null || true # some files hold templates
LITELLM_LOCAL_MODEL_COST_MAP=True "$dest/venv/bin/litellm" --version >/dev/null
