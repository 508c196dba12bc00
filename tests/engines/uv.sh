#!/bin/sh
# Stands in for uv, for an interpreter and for what it installs, by the name it is called with. STAND_MODE=STAGE:HOW makes
# one stage fail, hang, or lose the network; each call is written down in $STAND/calls.
echo "$(basename "$0") $*" >>"$STAND/calls"
env >>"$STAND/env"
act() {
    case "$STAND_MODE" in
    "$1:fail") echo "error: it broke"; exit 3 ;;
    "$1:net") echo "error: Failed to fetch: dns error"; exit 2 ;;
    "$1:full") echo "error: No space left on device (os error 28)"; exit 2 ;;
    "$1:hang") echo $$ >"$STAND/pid.new"; mv "$STAND/pid.new" "$STAND/pid"; exec sleep 300 ;;
    "$1:slow") i=0; while [ $i -lt 20 ]; do echo "Downloading part$i (1.0MiB)"; sleep 0.1; echo " Downloaded part$i"; i=$((i + 1)); done ;;
    esac
}
case "$(basename "$0")" in
uv)
    case "$1" in
    --version) echo 'uv 0.0.1' ;;
    venv)
        act half
        venv=$4
        mkdir -p "$venv/bin" "$venv/lib/python3.12/site-packages"
        act venv
        ln -s "$STAND/bin/python3.12" "$venv/bin/python"
        ;;
    pip)
        bin=$(dirname "$4")
        case "$*" in *--dry-run*)
            echo 'Resolved 20 packages in 1ms'
            act resolve
            exit ;;
        esac
        act install
        name=${5%%=*} name=${name%%\[*} version=${5##*==}
        site=$bin/../lib/python3.12/site-packages
        mkdir -p "$site/$name" "$site/$name-$version.dist-info"
        echo 'x = 1' >"$site/$name/__init__.py"
        printf '%s/__init__.py,sha256=x,6\n%s/__pycache__/a.pyc,,\n' "$name" "$name" >"$site/$name-$version.dist-info/RECORD"
        cp "$STAND/bin/uv" "$bin/$name"
        echo "$version" >"$bin/version"
        act late
        ;;
    esac
    ;;
python*)
    case "$*" in
    *compileall*) act compile ;;
    *) echo "python 3 12 $STAND/bin/python3.12" ;;
    esac
    ;;
*)
    act verify
    case "$1" in --version) echo "stand-in $(cat "$(dirname "$0")/version")" ;; *) while :; do sleep 0.1; done ;; esac
    ;;
esac
