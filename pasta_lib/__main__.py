"""`python -m pasta_lib`: see `study.cli`."""

import sys

from .study.cli import main

sys.stdout.reconfigure(errors="backslashreplace")  # the names of files hold any bytes
raise SystemExit(main())
