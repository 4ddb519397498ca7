"""A record's commit, and when a tree differs from it."""

import subprocess

import pytest

from pasta_lib.study import origin


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A repository with a committed line of code and a committed record."""

    def git(*words):
        who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *who, *words], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    (tmp_path / "data" / "runs").mkdir(parents=True)
    (tmp_path / "data" / "runs" / "record.json").write_text("{}")
    (tmp_path / "code.py").write_text("a = 1\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "Begin")
    monkeypatch.setattr(origin, "ROOT", tmp_path)
    return tmp_path, git("rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("file", "differs"),
    [("data/runs/record.json", False), ("data/runs/new.json", False), ("code.py", True)],
)
def test_code_makes_a_tree_differ_and_a_record_does_not(tree, file, differs):
    folder, head = tree
    assert origin.commit.__wrapped__() == (head, False)
    (folder / file).write_text("b = 2\n")
    assert origin.commit.__wrapped__() == (head, differs)


def test_outside_of_a_repository_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(origin, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert origin.commit.__wrapped__() == (None, False)
