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
	$(python) -m jupyterlab --notebook-dir=notebooks

format:  ## put code and notebooks in the form that `make check` asks for
	$(python) -m ruff check --fix-only
	$(python) -m ruff format
	$(python) -m pasta_lib strip

readme:  ## the README's pictures, from the last runs of quick and replica
	mkdir -p figures/readme
	cp $(addprefix figures/quick/pasta_figure,3.png 4.png 5.png) figures/readme/
	cp figures/replica/scores_along_lr.png figures/readme/replica_scores_along_lr.png

ci:
	bash .ci/run
