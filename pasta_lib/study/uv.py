"""uv, told all that pip is told: where packages lie, which are allowed, and how to get there.

`python -m pasta_lib.study.uv pip install …` takes uv's own words. It runs where nothing is
installed yet but pip and uv: only the standard library is imported.
"""

import os
import subprocess
import sys
from ast import literal_eval
from collections.abc import Mapping, Sequence
from typing import NoReturn

_PYPI = "https://pypi.org/simple"
# A setting of pip's, and the variables by which uv takes the same.
_ONE = {
    "cert": ("SSL_CERT_FILE",),
    "client-cert": ("SSL_CLIENT_CERT",),
    "default-timeout": ("UV_HTTP_TIMEOUT",),
    "proxy": ("HTTP_PROXY", "HTTPS_PROXY"),
    "retries": ("UV_HTTP_RETRIES",),
    "timeout": ("UV_HTTP_TIMEOUT",),
}
# The same of several values, which pip parts by spaces, and uv by what stands here.
_SEVERAL = {"find-links": ("UV_FIND_LINKS", ","), "trusted-host": ("UV_INSECURE_HOST", " ")}
_INDEXES = {"index-url", "extra-index-url"}
# What these say changes nothing about what is installed.
_NO_MATTER = {
    "cache-dir",
    "config-file",
    "disable-pip-version-check",
    "no-cache-dir",
    "no-color",
    "no-compile",
    "no-input",
    "no-python-version-warning",
    "no-warn-script-location",
    "prefer-binary",
    "progress-bar",
    "quiet",
    "require-virtualenv",
    "root-user-action",
    "verbose",
}


def main(words: Sequence[str]) -> NoReturn:
    """Become `uv WORDS` for this interpreter's environment."""
    list_settings = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(list_settings, stdout=subprocess.PIPE, text=True, check=True).stdout
    try:
        variables, options = translated(settings(listed), os.environ)
    except LookupError as error:
        sys.exit(f"uv cannot be told {error.args[0]}")
    variables |= {"UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never"}
    command = [sys.executable, "-P", "-m", "uv", *words, *options]
    # exec: who kills this kills uv, and what uv inherits (run_all.sh's lock) it holds to its end
    os.execve(sys.executable, command, os.environ | variables)


def settings(listed: str) -> dict[str, str]:
    """Return what holds for `pip install`, by option, from the lines of `pip config list`.

    [install] overrules [global], and a variable overrules both. Raises `LookupError` where two
    files differ, since the lines do not say which of them pip follows.
    """
    found = {}
    for section in ("global.", "install.", ":env:."):
        here: dict[str, str] = {}
        for name, _, shown in (line.partition("=") for line in listed.splitlines()):
            if name.startswith(section) and (value := literal_eval(shown)):
                option = name.removeprefix(section)
                if here.setdefault(option, value) != value:
                    raise LookupError(f"which of pip's files to follow: two set {option!r}")
        found |= here
    return found


def translated(
    told: Mapping[str, str], environment: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """Return the variables and options by which uv is told what pip is `told`.

    Raises `LookupError` for a setting without a counterpart.
    """
    variables, options = _indexes(told), []
    for name in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):  # the latter first, as pip has it
        if environment.get(name):
            variables["SSL_CERT_FILE"] = environment[name]
    for option, value in told.items():
        if option in _ONE:
            variables |= dict.fromkeys(_ONE[option], value)
        elif option in _SEVERAL:
            variable, separator = _SEVERAL[option]
            variables[variable] = separator.join(value.split())
        elif option == "constraint":  # no variable: uv forgets it where there is an option
            options += [f"--constraints={file}" for file in value.split()]
        elif option == "no-index":
            options += ["--no-index"] * (value.lower() in ("1", "on", "t", "true", "y", "yes"))
        elif option not in _NO_MATTER | _INDEXES:
            raise LookupError(f"pip's setting {option!r}")
    return variables, options


def _indexes(told: Mapping[str, str]) -> dict[str, str]:
    """Return all indexes, the best version of any to be taken, as pip does.

    Of a version that several have, uv sees the first one's wheels alone: the main index leads.
    """
    *before, last = told.get("index-url", _PYPI), *told.get("extra-index-url", "").split()
    return {
        "UV_INDEX": " ".join(before),
        "UV_DEFAULT_INDEX": last,
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


if __name__ == "__main__":
    main(sys.argv[1:])
