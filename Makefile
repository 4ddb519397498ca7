# Each target makes .venv as run_all.sh does; a failed install stops it.
python := python=$$(./run_all.sh --install) && "$$python"

export PYTHONDONTWRITEBYTECODE :=  # run_all.sh says why

.PHONY: test check lab format readme ci

test:  ## the fast suite
	$(python) -m pytest

check:  ## style, notebooks included, and types, then the fast suite
	$(python) -m ruff check
	$(python) -m ruff format --check
	$(python) -m mypy
	$(python) -m pytest

lab:  ## the notebooks in JupyterLab
	$(python) -m jupyterlab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks/00_start.ipynb

format:  ## put code and notebooks in the form that `make check` asks for
	$(python) -m ruff check --fix-only
	$(python) -m ruff format
	$(python) -m pasta_lib strip

readme:  ## the numbers and pictures of README and docs, from the last runs of quick and replica
	$(python) -m pasta_lib.study.reporting.prose

ci:
	bash .ci/run
