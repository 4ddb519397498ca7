"""The engine: what shares a pack or a shard, what runs out of memory, dies, or starts twice."""

import json
import math
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import cloudpickle
import psutil
import pytest
import sweep
import torch
from refusing import full_disk
from tiny import LAYERS, tiny_model

from pasta_lib import paths
from pasta_lib.errors import DiskError, InputError
from pasta_lib.paths import ROOT
from pasta_lib.study import runs
from pasta_lib.study.runs import RunConfig, engine, workers
from pasta_lib.study.runs import train as training_runs
from pasta_lib.study.runs.memory import lanes_that_fit
from pasta_lib.study.runs.place import Place
from pasta_lib.study.runs.train import Pack
from pasta_lib.study.runs.workers import execute
from pasta_lib.study.statistics import interval
from pasta_lib.study.store import Store
from pasta_lib.training import TrainConfig

TINY = TrainConfig(epochs=2, batch_size=4, train_rows=16, eval_rows=16)
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def root(tiny_backbone, tmp_path_factory) -> Path:
    """A folder with a tiny encoder, its tokenizer, and room for records."""
    folder = tmp_path_factory.mktemp("study")
    shutil.copytree(tiny_backbone, folder / "backbone")
    return folder


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "records")


@pytest.fixture
def pack(root) -> Pack:
    lanes = ((1e-3, 1), (1e-2, 1), (1e-3, 2), (1e-2, 2))
    return Pack(
        tuple(
            RunConfig(
                str(root / "backbone"),
                "cola",
                "sample",
                "pasta",
                train=replace(TINY, lr=lr, seed=seed),
            )
            for lr, seed in lanes
        )
    )


def curves(records) -> dict:
    return {record["key"]: record["result"]["curve"] for record in records}


def test_what_does_not_pack_runs_alone():
    configs = [
        RunConfig("minilm", "cola", "sample", method, train=replace(TINY, seed=seed))
        for method in ("full", "pasta")
        for seed in (1, 2, 3)
    ]
    assert [len(pack.configs) for pack in runs.packs(configs)] == [1, 1, 1, 3]


def test_shards_are_every_pack_once_and_stay_as_the_grid_grows(quick_store, monkeypatch):
    grid = sweep.profile(HERE)
    monkeypatch.setitem(runs.PROFILES, "quick", grid)
    met = []
    monkeypatch.setattr(
        engine, "execute", lambda jobs, *_, **__: met.append({job.key for job in jobs}) or iter(())
    )
    for index in range(4):
        runs.complete("quick", "03_glue", shard=(index, 4))
    runs.complete("quick", "03_glue")
    assert set().union(*met[:4]) == met[4] and sum(map(len, met[:4])) == len(met[4]) == 27
    assert all(met[:4])
    fewer = replace(grid, grids={"03_glue": grid.grids["03_glue"][:2]})
    monkeypatch.setitem(runs.PROFILES, "quick", fewer)
    runs.complete("quick", "03_glue", shard=(0, 4))
    assert met[-1] < met[0]


def test_a_choice_narrows_and_refuses_what_is_never_run():
    chosen = runs.wanted(
        "quick", "03_glue", choice=runs.Choice(tasks=("cola",), methods=("pasta",))
    )
    assert {(run.task, run.method) for run in chosen} == {("cola", "pasta")}
    with pytest.raises(InputError, match="unknown task of profile 'quick' 'colla'.*'cola'"):
        runs.wanted("quick", "03_glue", choice=runs.Choice(tasks=("colla",)))


@pytest.mark.slow
def test_a_run_after_another_equals_the_same_run_fresh(pack, store):
    """Bit for bit, dropout on: nothing that ran before in the process leaves a trace."""
    other = Pack(tuple(replace(config, method="aot-fc") for config in pack.configs[:3]))
    other.run(store, Place())
    after = pack.run(store, Place())
    code = (
        "import sys, json, pickle; from pasta_lib.study.runs.place import Place\n"
        "pack, store = pickle.load(sys.stdin.buffer)\n"
        "print(json.dumps([[r['key'], r['result']] for r in pack.run(store, Place())]))"
    )
    fresh = subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps((pack, Store(store.folder / "fresh"))),
        capture_output=True,
        check=True,
    )
    fresh = {key: result["curve"] for key, result in json.loads(fresh.stdout)}
    assert fresh == curves(after)


def test_lanes_that_fit_follow_memory():
    model = tiny_model("bert")
    layer = 16 * 4 * (34 * 32 + 5 * 4 * 16)  # s·b·(34 h + 5 a s), two bytes each
    room = 2 * LAYERS * layer / 0.6
    for lanes in (1, 3, 8):
        assert lanes_that_fit(model, "fp32", 4, 16, math.ceil(lanes * room)) == lanes
    assert lanes_that_fit(model, "fp32", 4, 16, 1) == 1
    assert lanes_that_fit(model, "bf16", 4, 16, math.ceil(3 * room)) == 6


@pytest.mark.parametrize("cause", ["too little memory", "no memory left"])
def test_what_does_not_fit_goes_on_by_parts(pack, store, monkeypatch, cause):
    whole = training_runs.fit_pack

    def greedy(model, lanes, *rest, **options):
        if len(lanes) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(model, lanes, *rest, **options)

    if cause == "no memory left":
        monkeypatch.setattr(training_runs, "fit_pack", greedy)
    else:
        monkeypatch.setattr(training_runs, "lanes_that_fit", lambda *_: 2)
    records = pack.run(store, Place())
    assert [record["status"] for record in records] == ["done"] * 4
    assert [record["key"] for record in records] == pack.keys
    for index, record in enumerate(records):
        assert record["provenance"]["pack"] == pack.keys
        first = index - index % 2
        assert record["provenance"]["together"] == pack.keys[first : first + 2]


def test_a_run_that_does_not_fit_alone_fails(pack, store, monkeypatch):
    def greedy(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(training_runs, "fit_pack", greedy)
    records = pack.run(store, Place())
    assert [record["status"] for record in records] == ["failed"] * 4
    assert all("CUDA out of memory" in record["error"] for record in records)


def test_a_diverging_lane_is_recorded_and_stops_no_other(pack, store):
    # One step an epoch: the first loss is sound, what is left after the step is not, for no float32
    # holds such a rate.
    wild = replace(pack.configs[0], train=replace(TINY, batch_size=16, lr=1e300))
    calm = replace(wild, train=replace(wild.train, lr=1e-3))
    lost, kept = Pack((wild, calm)).run(store, Place())
    assert (lost["status"], kept["status"]) == ("diverged", "done")
    assert lost["result"]["score"] is None and lost["result"]["norms"] is None
    assert len(kept["result"]["curve"]) == 2


def test_what_another_start_finished_meanwhile_is_not_run_again(pack, store):
    once = engine._Once(pack)
    first = once.run(store, Place())
    assert len(first) == 4 and once.run(store, Place()) == []
    assert store.records() == sorted(first, key=lambda record: record["key"])


@pytest.mark.parametrize("what", ["records", "adapters"])
def test_what_takes_nothing_is_met_before_the_training(pack, store, tmp_path, monkeypatch, what):
    monkeypatch.setattr(training_runs, "fit_pack", lambda *_, **__: pytest.fail("trained"))
    if what == "records":
        with full_disk(), pytest.raises(DiskError, match="/records: file too large."):
            pack.run(store, Place())
    else:
        place = Place(adapters=tmp_path / ("x" * 300))
        with pytest.raises(DiskError, match="cannot write .*x: file name too long."):
            pack.run(store, place)
    assert store.records() == [] and not list(store.folder.rglob("*.running"))


def trained_then(lose, monkeypatch):
    """Let `lose` happen between training and writing."""
    whole = training_runs.fit_pack

    def fit_pack(*given, **options):
        outcomes = whole(*given, **options)
        lose()
        return outcomes

    monkeypatch.setattr(training_runs, "fit_pack", fit_pack)


def test_records_that_are_refused_are_kept_elsewhere_and_stop_the_start(
    pack, store, tmp_path, monkeypatch
):
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")

    def lose():
        shutil.rmtree(store.folder)
        store.folder.touch()

    trained_then(lose, monkeypatch)
    with pytest.raises(DiskError) as error:
        pack.run(store, Place())
    found = [json.loads(file.read_text()) for file in (tmp_path / "cache").rglob("*.json")]
    found = {record["key"]: record for record in found if "key" in record}
    assert found.keys() == set(pack.keys)
    assert {record["status"] for record in found.values()} == {"done"}
    assert all(f"/{key}.json: not a directory; it is kept as" in str(error.value) for key in found)


def test_an_adapter_that_is_refused_costs_no_record(pack, store, tmp_path, monkeypatch):
    adapters = tmp_path / "adapters"

    def lose():
        adapters.rmdir()
        adapters.touch()

    trained_then(lose, monkeypatch)
    with pytest.raises(DiskError, match=f"cannot write {adapters}/{pack.keys[0]}: "):
        pack.run(store, Place(adapters=adapters))
    assert {record["key"] for record in store.records()} == set(pack.keys)
    assert {record["status"] for record in store.records()} == {"done"}


def test_the_clock_goes_on_while_a_pack_runs(quick_store, monkeypatch, capsys):
    def idle(jobs, *_, **__):
        time.sleep(1.5)
        yield [quick_store.write("heads", {}, result={}, provenance={})]

    monkeypatch.setattr(engine, "_REDRAW", 0.05)
    monkeypatch.setattr(engine, "execute", idle)
    runs.complete("quick", "01_vertical_heads")
    assert "[00:01<?, ?pack/s]" in capsys.readouterr().err


@pytest.mark.slow
def test_packed_and_alone_score_alike_over_seeds(store):
    """With dropout on they agree in distribution: the mean difference is within its interval."""
    train = TrainConfig(lr=1e-2, epochs=2, batch_size=8, train_rows=48, eval_rows=64)
    configs = [
        RunConfig("minilm", "stsb", "sample", "pasta", train=replace(train, seed=seed))
        for seed in range(16)
    ]
    apart = [Pack((config,)) for config in configs]
    scores = [
        [r["result"]["metrics"]["pearson"] for pack in packed for r in pack.run(store, Place())]
        for packed in (runs.packs(configs), apart)
    ]
    assert scores[0] != scores[1]
    low, high = interval([a - b for a, b in zip(*scores, strict=True)])
    assert low <= 0 <= high


def test_several_workers_take_no_single_gpu(store):
    pytest.importorskip("ray", reason="the cluster extra is not installed")
    with pytest.raises(InputError, match="'cuda:1' names one GPU"):
        list(execute([None], store, data=None, device="cuda:1", workers=2))


@dataclass(frozen=True)
class Fake:
    """A job that says who did it, or kills its worker."""

    number: int
    deadly: bool = False

    def run(self, store: Store, place: Place) -> list[dict]:
        if self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.number == 99:
            raise InputError("the folder is empty")
        return [{"number": self.number, "pid": os.getpid(), "tenants": place.tenants}]

    def fail(self, store: Store, error: str) -> list[dict]:
        return [{"number": self.number, "pid": None}]


@pytest.mark.parametrize(
    "cores, jobs, gigabytes, expected",
    [(2, 54, 23, 2), (2, 3, 23, 1), (1, 54, 23, 1), (2, 54, 7, 1), (2, 54, 2, 1), (16, 54, 64, 16)],
)
def test_a_cpu_carries_what_its_cores_and_memory_do(monkeypatch, cores, jobs, gigabytes, expected):
    monkeypatch.setattr(torch, "get_num_threads", lambda: cores)
    monkeypatch.setattr(workers, "total", lambda device: gigabytes << 30)
    assert workers._carried([Fake(number) for number in range(jobs)]) == expected


@dataclass(frozen=True)
class Deadly(Fake):
    """A job that kills every process but the one it came from."""

    home: int = 0

    def run(self, store: Store, place: Place) -> list[dict]:
        if os.getpid() != self.home:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().run(store, place)


@pytest.mark.slow
def test_processes_share_the_work_and_one_that_dies_leaves_it_to_this_one(
    store, monkeypatch, caplog
):
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # they know no tests
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    jobs = [Fake(number) for number in range(40)]
    made = [r for rs in execute(jobs, store, data=None, device="cpu", workers=None) for r in rs]
    assert sorted(record["number"] for record in made) == list(range(40))
    assert os.getpid() not in {record["pid"] for record in made}
    assert {record["tenants"] for record in made} == {2}
    with pytest.raises(InputError, match="^the folder is empty$"):
        list(execute([Fake(99)] * 4, store, data=None, device="cpu", workers=None))

    jobs = [Fake(number) for number in range(7)] + [Deadly(7, home=os.getpid())]
    made = [r for rs in execute(jobs, store, data=None, device="cpu", workers=None) for r in rs]
    assert sorted(record["number"] for record in made) == list(range(8))
    assert [r["pid"] for r in made if r["number"] == 7] == [os.getpid()]
    assert "A process died" in caplog.messages[-1]


@pytest.mark.slow
def test_without_ray_several_workers_are_processes_on_one_device(store, monkeypatch):
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # they know no tests
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setitem(sys.modules, "ray", None)
    jobs = [Fake(number) for number in range(9)]
    made = [r for rs in execute(jobs, store, data=None, device="cpu", workers=3) for r in rs]
    assert sorted(record["number"] for record in made) == list(range(9))
    assert os.getpid() not in {record["pid"] for record in made}
    assert {record["tenants"] for record in made} == {3}


@pytest.mark.parametrize("gpus, cluster", [(2, None), (1, "10.255.255.1:6379")])
def test_several_gpus_or_machines_need_ray(store, monkeypatch, gpus, cluster):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    if cluster:
        monkeypatch.setenv("RAY_ADDRESS", cluster)
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    with pytest.raises(InputError, match="several GPUs or machines need Ray.*cluster"):
        next(execute([Fake(1)], store, data=None, device="cuda", workers=2))


@pytest.fixture
def ray_folder(monkeypatch):
    """A home for Ray with the address of a cluster that is long gone. (Its sockets' paths must be
    short, which pytest's are not.)"""
    ray = pytest.importorskip("ray", reason="the cluster extra is not installed")
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers know no tests
    with tempfile.TemporaryDirectory(prefix="ray") as folder:
        (Path(folder) / "ray").mkdir()
        (Path(folder) / "ray" / "ray_current_cluster").write_text("10.255.255.1:6379")
        monkeypatch.setenv("RAY_TMPDIR", folder)
        monkeypatch.delenv("RAY_ADDRESS", raising=False)
        yield folder


class BusyRay:
    """Stands in for Ray on a machine where its node needs more than one attempt to start."""

    def __init__(self, failures: int) -> None:
        self.failures, self.started, self.ended = failures, 0, 0

    def init(self, *_, **__) -> None:
        self.started += 1
        if self.started <= self.failures:
            raise Exception("The current node timed out during startup.")

    def shutdown(self) -> None:
        self.ended += 1


def test_a_busy_machine_is_waited_for_and_the_wait_is_said(caplog):
    ray = BusyRay(failures=2)
    assert workers._starts(ray, num_cpus=2)
    assert (ray.started, ray.ended) == (3, 2)
    assert [line for line in caplog.messages if line.startswith("waiting for Ray")] == [
        f"waiting for Ray to start, {n} of 4: The current node timed out during startup."
        for n in (1, 2)
    ]


def test_where_ray_cannot_start_one_process_does_the_work(store, monkeypatch, caplog):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setitem(sys.modules, "ray", BusyRay(failures=99))
    jobs = [Fake(1), Fake(2)]
    made = [r for rs in execute(jobs, store, data=None, device="cpu", workers=2) for r in rs]
    assert [(r["number"], r["pid"], r["tenants"]) for r in made] == [
        (1, os.getpid(), 1),
        (2, os.getpid(), 1),
    ]
    assert "Ray did not start here" in caplog.messages[-1]


@pytest.mark.slow
def test_workers_stay_warm_and_one_that_dies_stops_nobody(store, ray_folder):
    """Past a stale cluster's address: in its folder lies one that nobody answers."""
    jobs = [Fake(number, deadly=number == 3) for number in range(12)]
    made = [r for rs in execute(jobs, store, data=None, device="cpu", workers=2) for r in rs]
    assert sorted(record["number"] for record in made) == list(range(12))
    assert [record["number"] for record in made if record["pid"] is None] == [3]
    by_worker = {record["pid"] for record in made if record["pid"]}
    assert len(by_worker) <= 2 + 4  # two, and those that the deadly job's retries took with them
    with pytest.raises(InputError, match="^the folder is empty$"):
        list(execute([Fake(99)], store, data=None, device="cpu", workers=2))


def start(root: Path, workers: int) -> subprocess.Popen:
    """Start a driver with so many Ray workers, in a process group of its own."""
    command = [sys.executable, str(HERE / "sweep.py"), str(root), str(workers)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1" if workers else "2", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )


def wait_for(driver: subprocess.Popen, store: Store, count: int) -> None:
    """Wait until the store holds `count` records, or the driver has ended; for minutes at most."""
    until = time.monotonic() + 300
    while driver.poll() is None and time.monotonic() < until:
        if sum(1 for _ in store.folder.glob("??/*.json")) >= count:
            return
        time.sleep(0.1)


def belongs_to(process: psutil.Process, folder: str) -> bool:
    try:
        return process.environ().get("RAY_TMPDIR") == folder and process.pid != os.getpid()
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False


def wait_for_silence(folder: str) -> None:
    """Wait until the workers of a killed driver are gone: Ray ends them a moment later."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if not any(belongs_to(process, folder) for process in psutil.process_iter()):
            return
        time.sleep(0.1)


@pytest.fixture
def study(root, tmp_path) -> Path:
    (tmp_path / "backbone").symlink_to(root / "backbone")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 0])  # Ray's, and the processes that a CPU carries
def test_a_sweep_survives_five_kills(study, ray_folder, workers):
    store, generator = Store(study / "data" / "runs" / "quick"), random.Random(0)
    packed = [
        set(pack.keys) for pack in runs.packs(sweep.profile(study / "backbone").runs("03_glue"))
    ]
    finished: dict[str, bytes] = {}
    kills = 0
    while kills < 5:
        driver = start(study, workers)
        present = {path.stem: path.read_bytes() for path in store.folder.glob("??/*.json")}
        wait_for(driver, store, len(present) + generator.randrange(10))
        time.sleep(generator.random())
        if driver.poll() is not None:  # a fast machine was done before its kill: another sweep
            assert driver.returncode == 0
            driver.communicate()
            shutil.rmtree(store.folder)
            finished = {}
            continue
        os.killpg(driver.pid, signal.SIGKILL)
        driver.communicate()
        kills += 1
        now = {path.stem: path.read_bytes() for path in store.folder.glob("??/*.json")}
        assert present.keys() <= now.keys()  # none lost
        assert finished.items() <= now.items()  # none of a finished pack made again
        finished = {key: now[key] for pack in packed if pack <= now.keys() for key in pack}
    wait_for_silence(ray_folder)
    now = {path.stem for path in store.folder.glob("??/*.json")}
    finished = {key for pack in packed if pack <= now for key in pack}
    driver = start(study, workers)
    made = int(driver.communicate()[0])
    assert driver.returncode == 0
    records = store.records()
    assert {record["key"] for record in records} == set().union(*packed)
    assert {record["status"] for record in records} == {"done"}
    assert made == sweep.RUNS - len(finished)
    assert not list(store.folder.glob("??/*.damaged"))
    assert store.at_work() == set()


@pytest.mark.slow
def test_two_drivers_share_a_store(study, ray_folder, record_property):
    drivers = [start(study, 2), start(study, 2)]
    made = [int(driver.communicate()[0]) for driver in drivers]
    store = Store(study / "data" / "runs" / "quick")
    assert len(store.records()) == sweep.RUNS
    assert not list(store.folder.glob("??/*.damaged"))
    twice = sum(made) - sweep.RUNS
    record_property("made_twice", twice)
    print(f"made by the two: {made}, twice: {twice}")
    assert 0 <= twice < sweep.RUNS / 2
