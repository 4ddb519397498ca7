#!/usr/bin/env bash
# Makes the study's environment once, then the study: see ./run_all.sh --help
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=$root/.venv
stamp=$venv/installed
# Where a container forbids compiled files, every process would compile torch and the rest anew: 30
# seconds in place of 10. Here they lie in .venv, and beside the code where git ignores them.
export PYTHONDONTWRITEBYTECODE=

is_usable() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' &>/dev/null
}

find_python() {
    local candidate
    # 3.11 first: the pins were resolved on it
    for candidate in python3.11 python3 python3.12 python3.13 python3.14 python; do
        if is_usable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "run_all.sh needs Python 3.11 or newer with its venv module, and found none on the PATH." >&2
    return 1
}

# What the environment depends on; the folder too, because a moved environment is a broken one.
pins() { { echo "$root"; cat "$root/pyproject.toml" "$root/constraints.txt"; } | cksum; }

is_ready() { [[ -x $venv/bin/python && $(cat "$stamp" 2>/dev/null) == "$(pins)" ]]; }

make_venv() {
    # a killed install may have left half a package that the next would take for a whole one, and
    # the scripts of a moved one name the old folder
    if [[ $(cat "$stamp" 2>/dev/null) == started ]] || ! grep -qsF "$venv/bin/" "$venv/bin/pip"; then
        rm -rf "$venv"
    fi
    mkdir -p "$venv"
    echo started >"$stamp"
    "$1" -m venv "$venv"
}

by_pip() {
    "$venv/bin/python" -m pip install --disable-pip-version-check -c "$root/constraints.txt" "$@" >&2
}

by_uv() {
    by_pip -q uv 2>/dev/null && PYTHONPATH=$root "$venv/bin/python" -P -m pasta_lib.study.uv \
        pip install -c "$root/constraints.txt" "$@" >&2
}

install() {
    make_venv "$1"
    if ! by_uv -e "$root[study,dev]"; then
        echo "run_all.sh: uv cannot install here, so pip does: that takes minutes." >&2
        make_venv "$1"
        by_pip -e "$root[study,dev]"
    fi
    pins >"$stamp"
}

study() { sed -n 's/^name: *//p' "$root/environment.yml"; }

if [[ ${CONDA_DEFAULT_ENV:-} == "$(study)" ]]; then
    python=python
else
    python=$venv/bin/python
    if ! is_ready; then
        base=$(find_python)
        # the standard library alone refuses a wrong word, before minutes of installing
        PYTHONPATH=$root "$base" -P -m pasta_lib check "$@"
        case " $* " in *" --help "* | *" -h "*) exit ;; esac
        (
            # an orphaned pip of a killed start holds the lock until it ends
            if command -v flock >/dev/null; then flock 9; fi
            is_ready || install "$base"
        ) 9>"$venv.lock"
    fi
fi

# Else each large activation is given back to Linux and faulted in again, page by page: on a CPU that
# is a third of a long pack's time. Other systems ignore the names.
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=1000000000000 MALLOC_TOP_PAD_=67108864
export THP_MEM_ALLOC_ENABLE=1

# exec: whoever kills run_all.sh kills the driver, and the driver's kernel goes with it
exec "$python" -P -m pasta_lib run "$@"
