"""`python -m pasta_lib`: see `study.cli`."""

import warnings

from .study.cli import main

# A person reads these, and has no use for the line of code that gave the warning.
warnings.formatwarning = lambda message, *_, **__: f"warning: {message}\n"
raise SystemExit(main())
