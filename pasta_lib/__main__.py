"""`python -m pasta_lib`: the study's command line, where what it needs is installed."""

import io
import sys
import warnings

# A person reads these, and has no use for the line of code that gave the warning.
warnings.formatwarning = lambda message, *_, **__: f"warning: {message}\n"
if isinstance(sys.stdout, io.TextIOWrapper):
    sys.stdout.reconfigure(errors="backslashreplace")  # the names of files hold any bytes
try:
    from . import paths  # noqa: F401  # a variable that names no folder is refused here
except ValueError as error:
    print(f"error: {error}", file=sys.stderr)
    raise SystemExit(2) from None
try:
    from .study.cli import main

    code = main()
except ModuleNotFoundError as error:
    print(
        f"error: this needs {error.name}, which is not installed: the library works without it, "
        "the study takes `pip install 'pasta_lib[study]'`.",
        file=sys.stderr,
    )
    code = 1
raise SystemExit(code)
