"""The report opened in a real browser with no network: nothing fails, everything is there."""

import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest

from pasta_lib import paths
from pasta_lib.study import reporting
from pasta_lib.study.reporting import contents

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")


@pytest.fixture(scope="module")
def page(drawn_report):
    """The report of a small study."""
    folder, _ = drawn_report(True)
    return folder / "report.html"


class Elements(HTMLParser):
    """Every id and link of a page, and what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids, self.links, self.fetched = [], [], []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if tag == "a" else []
        self.fetched += [found["src"]] if "src" in found else []
        self.fetched += [found["href"]] if tag == "link" else []


def test_the_page_fetches_nothing_and_every_link_leads_somewhere(page):
    elements = Elements(page.read_text(encoding="utf-8"))
    assert all(source.startswith("data:") for source in elements.fetched)
    assert len(elements.ids) == len(set(elements.ids))
    for link in elements.links:
        if link.startswith("#"):
            assert link[1:] in elements.ids, link
        else:
            assert (page.parent / link).is_file(), link


def test_claims_come_first_and_every_section_is_there(page):
    text = page.read_text(encoding="utf-8")
    places = [text.index(f"id={name}") for name in ("claims", "scores")]
    places += [text.index(f'id="{section.notebook}"') for section in contents.SECTIONS]
    places += [text.index("id=environment"), text.index('id="records"')]
    assert places == sorted(places)


def test_commands_read_as_code_and_a_claim_without_runs_names_its_notebook(page):
    text = page.read_text(encoding="utf-8")
    assert "`" not in text and "<code>./run_all.sh replica" in text
    assert "not run: see 11_inference_speed" in text


def test_every_table_written_is_in_the_page(page):
    ids = Elements(page.read_text(encoding="utf-8")).ids
    for file in page.parent.glob("*.csv"):
        assert file.stem in ids


def opened(page, log) -> str:
    """Open a page in headless Chromium, with no way out, and return what its console said."""
    command = [
        *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"),
        *("--proxy-server=127.0.0.1:9", "--virtual-time-budget=5000", f"--log-net-log={log}"),
        *(f"--user-data-dir={log.parent / 'profile'}", "--dump-dom", page.as_uri()),
    ]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0
    return run.stdout + "\n".join(line for line in run.stderr.splitlines() if "CONSOLE" in line)


@pytest.mark.slow
@needs_browser
def test_a_browser_opens_the_report_without_an_error(page, tmp_path):
    seen = opened(page, tmp_path / "net.json")
    assert "CONSOLE" not in seen
    assert seen.count("<table") == page.read_text(encoding="utf-8").count("<table")


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("view, drawn", [("head", "<svg"), ("model", "<svg")])
def test_a_browser_draws_the_attention_views(quick_store, tmp_path, view, drawn):
    maps = np.full((2, 3, 4, 4), 0.25)
    reporting.attention_view("quick", ["[CLS]", "a", "b", "[SEP]"], maps, view)
    seen = opened(paths.figures("quick") / f"attention_{view}_view.html", tmp_path / "net.json")
    assert drawn in seen
    assert "Uncaught" not in seen and "ERR_" not in seen
