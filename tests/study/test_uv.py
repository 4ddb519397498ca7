"""uv is told what pip is told: each setting by itself, then the real uv on indexes made here."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from zipfile import ZipFile

import pytest

from pasta_lib import paths
from pasta_lib.study.uv import settings, translated

PYPI = "https://pypi.org/simple"
# Stands in for uv: shows its words, and its variables as far as they are told.
STUB = """
import json, os, sys
told = {k: v for k, v in os.environ.items() if k.startswith(("UV_", "SSL_", "HTTP"))}
print(json.dumps([sys.argv[1:], told]))
"""
ALONE = {
    "UV_INDEX": "",
    "UV_DEFAULT_INDEX": PYPI,
    "UV_INDEX_STRATEGY": "unsafe-best-match",
}


def run(*words: str, path: str = str(paths.ROOT), **variables: str) -> subprocess.CompletedProcess:
    """Run uv with pip told by `variables` alone."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "pasta_lib.study.uv", *words],
        env=kept | {"PYTHONPATH": path, "PIP_CONFIG_FILE": os.devnull} | variables,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    "pip, options, uv",
    [
        ({}, [], {}),
        ({"index-url": "https://a/simple"}, [], {"UV_DEFAULT_INDEX": "https://a/simple"}),
        (
            {"extra-index-url": "https://b/simple\nfile:///c"},
            [],
            {"UV_INDEX": f"{PYPI} https://b/simple", "UV_DEFAULT_INDEX": "file:///c"},
        ),
        (
            {"extra-index-url": "https://b/simple", "index-url": "https://a/simple"},
            [],
            {"UV_INDEX": "https://a/simple", "UV_DEFAULT_INDEX": "https://b/simple"},
        ),
        ({"find-links": "/a  https://b/c"}, [], {"UV_FIND_LINKS": "/a,https://b/c"}),
        ({"no-index": "yes"}, ["--no-index"], {}),
        ({"no-index": "0"}, [], {}),
        ({"constraint": "/a /b"}, ["--constraints=/a", "--constraints=/b"], {}),
        ({"cert": "/a file.pem"}, [], {"SSL_CERT_FILE": "/a file.pem"}),
        ({"client-cert": "/a.pem"}, [], {"SSL_CLIENT_CERT": "/a.pem"}),
        ({"proxy": "p:8080"}, [], {"HTTP_PROXY": "p:8080", "HTTPS_PROXY": "p:8080"}),
        ({"trusted-host": "a b:80"}, [], {"UV_INSECURE_HOST": "a b:80"}),
        ({"default-timeout": "180"}, [], {"UV_HTTP_TIMEOUT": "180"}),
        ({"timeout": "7", "retries": "2"}, [], {"UV_HTTP_TIMEOUT": "7", "UV_HTTP_RETRIES": "2"}),
        ({"disable-pip-version-check": "1", "progress-bar": "off"}, [], {}),
    ],
)
def test_each_setting_is_translated(pip, options, uv):
    assert translated(pip, {}) == (ALONE | uv, options)


def test_certificates_are_those_of_pip_then_those_of_its_library():
    bundles = {"CURL_CA_BUNDLE": "/c"}
    assert translated({}, bundles)[0]["SSL_CERT_FILE"] == "/c"
    bundles["REQUESTS_CA_BUNDLE"] = "/r"
    assert translated({}, bundles)[0]["SSL_CERT_FILE"] == "/r"
    assert translated({"cert": "/p"}, bundles)[0]["SSL_CERT_FILE"] == "/p"


def test_what_pip_reads_arrives_with_the_words(tmp_path):
    (tmp_path / "uv").mkdir()
    (tmp_path / "uv" / "__init__.py").touch()
    (tmp_path / "uv" / "__main__.py").write_text(STUB)
    (tmp_path / "pip.conf").write_text("[install]\nproxy = q:1\n")
    told = {
        "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"),
        "PIP_INDEX_URL": "https://a",
        "PIP_EXTRA_INDEX_URL": "https://b file:///c",
        "PIP_CONSTRAINT": "/limits.txt",
        "HTTPS_PROXY": "http://other:1",
        "UV_PYTHON": "/another/python",
    }
    done = run("pip", "install", "a b", path=f"{tmp_path}:{paths.ROOT}", **told)
    words, named = json.loads(done.stdout)
    assert words[:3] == ["pip", "install", "a b"] and "--constraints=/limits.txt" in words
    expected = {"UV_INDEX": "https://a https://b", "UV_DEFAULT_INDEX": "file:///c"}
    expected |= {"HTTPS_PROXY": "q:1", "UV_PYTHON": sys.executable}
    assert expected.items() <= named.items()


def test_a_setting_that_uv_lacks_is_named_and_uv_not_run():
    done = run("pip", "list", PIP_NO_BUILD_ISOLATION="1")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == "uv cannot be told pip's setting 'no-build-isolation'\n"


def test_install_overrules_global_and_a_variable_both():
    listed = """\
:env:.find-links='/env'
download.retries='9'
global.find-links='/a\\n/b'
global.index-url='https://global'
global.proxy='p'
global.timeout=''
install.find-links='/install'
install.index-url='https://install'
"""
    found = {"find-links": "/env", "index-url": "https://install", "proxy": "p"}
    assert settings(listed) == found


def test_two_files_that_differ_are_left_to_pip():
    line = "global.index-url='https://{}'\n"
    assert settings(line.format("a") * 2) == {"index-url": "https://a"}
    with pytest.raises(LookupError, match="two set 'index-url'"):
        settings(line.format("a") + line.format("b"))


def wheel(folder, name: str, version: str) -> None:
    """Make a wheel that holds nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    with ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        file.writestr(f"{info}/METADATA", text)
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


def index(folder, name: str, *versions: str) -> str:
    """Make an index that knows one package, and return its URL."""
    for version in versions:
        wheel(folder / name, name, version)
    links = (f'<a href="{path.name}">{path.name}</a>' for path in (folder / name).iterdir())
    (folder / name / "index.html").write_text("<!DOCTYPE html>\n" + "\n".join(links))
    return folder.as_uri()


@pytest.fixture
def resolved(tmp_path):
    """Return the lines by which the real uv pins the words of a request."""
    if not find_spec("uv"):
        pytest.skip("uv is not in this environment")

    def resolve(*wanted: str, **variables: str) -> list[str]:
        request = tmp_path / "request.txt"
        request.write_text("\n".join(wanted))
        quiet = ("--quiet", "--no-header", "--no-annotate", f"--cache-dir={tmp_path / 'cache'}")
        done = run("pip", "compile", str(request), *quiet, **variables)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    return resolve


def test_uv_finds_wheels_in_several_folders(resolved, tmp_path):
    wheel(tmp_path / "a", "here", "1.0")
    wheel(tmp_path / "b", "there", "2.0")
    folders = f"{tmp_path / 'a'} {tmp_path / 'b'}"
    found = resolved("here", "there", PIP_FIND_LINKS=folders, PIP_NO_INDEX="1")
    assert found == ["here==1.0", "there==2.0"]


def test_uv_takes_the_best_of_indexes_that_lack_some_packages(resolved, tmp_path):
    main = index(tmp_path / "main", "here", "1.0")
    more = [
        index(tmp_path / "more", "there", "1.0"),
        index(tmp_path / "most", "here", "2.0", "3.0"),
    ]
    (tmp_path / "limits.txt").write_text("here<3\n")
    told = {"PIP_INDEX_URL": main, "PIP_EXTRA_INDEX_URL": " ".join(more)}
    assert resolved("here", "there", **told) == ["here==3.0", "there==1.0"]
    told["PIP_CONSTRAINT"] = str(tmp_path / "limits.txt")
    assert resolved("here", "there", **told) == ["here==2.0", "there==1.0"]
