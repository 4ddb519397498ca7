"""`python -m pasta_lib`: see `cli`."""

from .cli import main

raise SystemExit(main())
