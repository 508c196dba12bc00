# usage: sh cuda-stand-ins.sh SITE-PACKAGES
# One stand-in library for each CUDA library that torch names and that is not there, with every function torch wants; each
# traps if it is ever called. A CPU run never calls them. Needs gcc, nm and readelf.
set -eu
site=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
nm -D --undefined-only "$site"/torch/lib/*.so 2>/dev/null | awk '{print $2}' | sed 's/@.*//' |
    grep -E '^(nvshmem|nccl|cublas|cudnn|cufft|cusparse|cusolver|curand|nvrtc|cuFile)' | sort -u |
    sed 's/.*/void &(void) { __builtin_trap(); }/' >"$work/stubs.c"
gcc -w -fno-builtin -fPIC -c "$work/stubs.c" -o "$work/stubs.o"
readelf -VW "$site"/torch/lib/*.so >"$work/versions"
for library in $(readelf -dW "$site"/torch/lib/*.so | grep -oE 'lib(cu|nccl|nvshmem|nvrtc|nvJit)[A-Za-z_]*\.so\.[0-9]+' |
    grep -v '^libcuda\.so' | sort -u); do
    [ -z "$(find "$site/nvidia" -name "$library" -print -quit 2>/dev/null)" ] || continue
    # torch asks for versioned symbols; the loader aborts on a library that defines no versions
    awk -v library="$library" '/File:/ { on = index($0, "File: " library " ") }
        /Name:/ && on { for (i = 1; i < NF; i++) if ($i == "Name:") print $(i + 1) " { global: *; };" }' \
        "$work/versions" | sort -u >"$work/map"
    if [ -s "$work/map" ]; then
        gcc -w -shared "$work/stubs.o" "-Wl,--version-script=$work/map" "-Wl,-soname,$library" -o "$site/torch/lib/$library"
    else
        gcc -w -shared "$work/stubs.o" "-Wl,-soname,$library" -o "$site/torch/lib/$library"
    fi
    echo "stand-in $library"
done
