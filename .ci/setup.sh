# Sourced by ./ontos and ./check: a Python to run with, and a virtual environment with exactly the constrained packages.
# Everything it says goes to stderr; pip's own words go to .venv/setup.log.

say() { printf '%s\n' "$*" >&2; }

find_python() {
    local candidate
    for candidate in ${ONTOS_PYTHON:-python3.11 python3.12 python3.13 python3 python}; do
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

# set_up EXTRA: none, "dev" or "dev,spark". Does nothing when that was done with these very requirements.
set_up() {
    local extra=$1 wanted python
    wanted="$PWD $(cat pyproject.toml constraints.txt | cksum)"
    # What was set up for the tests is enough to run.
    if grep -qxF "$wanted $extra" .venv/setup.done 2>/dev/null ||
        { [[ $extra != *spark* ]] && grep -qF "$wanted dev" .venv/setup.done 2>/dev/null; }; then
        return 0
    fi
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
    if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
        --editable ".${extra:+[$extra]}" >.venv/setup.log 2>&1; then
        tail -n 5 .venv/setup.log >&2
        say "Setting up failed; all of it is in $PWD/.venv/setup.log. Check the network, then run the same command again."
        return 1
    fi
    printf '%s %s\n' "$wanted" "$extra" >.venv/setup.done
}
