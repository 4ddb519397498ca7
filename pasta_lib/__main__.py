"""`python -m pasta_lib`: see `study.cli`."""

from .study.cli import main

raise SystemExit(main())
