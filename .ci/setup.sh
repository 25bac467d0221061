# Sourced by ./ontos and ./check: a Python to run with, and a virtual environment with exactly the packages of requirements/.
# Everything it says goes to stderr; pip's own words go to .venv/setup.log.

say() { printf '%s\n' "$*" >&2; }

find_python() {
    local candidate
    for candidate in ${ONTOS_PYTHON:-python3.11 python3.12 python3.13 python3.14 python3 python}; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    say "Ontos needs Python 3.11 or newer with its venv module, and found none."
    say "Install it (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python), or name one: ONTOS_PYTHON=/path/to/python3 $0"
    return 1
}

# set_up SET: none, or the name of a file in requirements/. Does nothing when that was done with these very requirements.
set_up() {
    local set=${1##*,} sets="base databricks dev spark engines" needs python one
    set=${set:-base}
    needs="$PWD $(cat pyproject.toml requirements/*.txt | cksum)"
    # Each set contains those before it, so a later one is enough.
    for one in $set${sets#*"$set"}; do
        if grep -qxF "$needs $one" .venv/setup.done 2>/dev/null; then return 0; fi
    done
    # Scripts in a virtual environment know its path, so one that was moved is made again.
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1 ||
        { [[ -f .venv/setup.done ]] && ! grep -qF "$PWD " .venv/setup.done; }; then
        python=$(find_python) || return 1
        say "Setting up Ontos in .venv (once; it downloads what it needs) …"
        "$python" -m venv --clear .venv || { say "The virtual environment could not be made in $PWD/.venv."; return 1; }
    else
        say "Bringing .venv up to date …"
    fi
    rm -f .venv/setup.done
    # Hashes hold for packages that come as files, so the project itself is a second step; it is built with what is there.
    local -x PIP_DISABLE_PIP_VERSION_CHECK=1
    if ! { .venv/bin/python -m pip install --require-hashes --requirement "requirements/$set.txt" &&
        .venv/bin/python -m pip install --no-deps --no-build-isolation --editable .; } >.venv/setup.log 2>&1; then
        tail -n 5 .venv/setup.log >&2
        say "Setting up failed; all of it is in $PWD/.venv/setup.log. Check the network, then run the same command again."
        return 1
    fi
    printf '%s %s\n' "$needs" "$set" >.venv/setup.done
}
