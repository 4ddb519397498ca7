"""How near training comes to the machine's limit: the share of a step that its products need.

A step that trains a few vectors in a frozen encoder must still multiply by every weight, forward
and back to the inputs. Whatever else it does is ours to take away.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.profiler import ProfilerActivity, profile

from .. import backbones
from ..frozen import Packed
from ..precision import has_bf16
from . import bench
from .bench import Pack, Setting
from .origin import provenance
from .store import Store

KIND = "training-limit"
METHODS = ("pasta", "aot-fc", "lora", "bitfit", "full")
_SQUARE = 2048
_MULTIPLIES = {"linear", "matmul", "__matmul__"}
# What a step's other operations are called, by what they are for.
_PARTS = {
    "products": ("_linear_pointwise", "::mm", "::addmm", "::bmm", "::baddbmm"),
    "masks of dropout": ("dropout", "random", "randint", "::lt", "addcmul", "bernoulli"),
    "softmax": ("softmax",),
    "norms and activations": ("layer_norm", "gelu", "tanh"),
    "optimiser": ("adam", "norm", "optimizer"),
    "copies": ("copy_",),
}


@dataclass(frozen=True)
class Product:
    """`count` products of (n, k) by (k, m), as a step needs them.

    `back` and `weight` say whether the gradients of the first and of the second factor are needed:
    (n, m) by (m, k), and (k, n) by (n, m). `frozen` says that the second is a weight that all
    lanes share.
    """

    count: int
    n: int
    k: int
    m: int
    back: bool
    weight: bool
    frozen: bool

    @property
    def operations(self) -> int:
        """A multiplication and an addition for each number of each factor."""
        return 2 * self.count * self.n * self.k * self.m * (1 + self.back + self.weight)


class _Recorder(TorchFunctionMode):
    def __init__(self, lanes: int) -> None:
        super().__init__()
        self.lanes, self.products = lanes, []

    def __torch_function__(
        self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        if getattr(func, "__name__", "") in _MULTIPLIES:
            self.products.append(self._product(func.__name__, *args[:2]))
        return func(*args, **(kwargs or {}))

    def _product(self, name: str, first: Tensor, second: Tensor) -> Product:
        m, k = second.shape[-2:] if name == "linear" else second.mT.shape[-2:]
        rows, back, weight = first.numel() // k, first.requires_grad, second.requires_grad
        if second.dim() == 2 and not weight:  # all lanes' rows in one product
            return Product(1, self.lanes * rows, k, m, back, weight, frozen=True)
        count = self.lanes * math.prod(second.shape[:-2])
        return Product(count, self.lanes * rows // count, k, m, back, weight, frozen=False)


def products(pack: Pack) -> list[Product]:
    """Return the products of one step of `pack`, as autograd asks for them."""
    setting, model = pack.setting, pack.model
    inputs, _ = pack.batcher.batch(torch.arange(setting.batch_size).numpy())
    inputs = {name: tensor.to(setting.device) for name, tensor in inputs.items()}
    with backbones.eager_attention(model.train()), _Recorder(setting.lanes) as recorder:
        model(**inputs)
    return recorder.products


def alone(needed: list[Product], setting: Setting) -> Callable[[], float]:
    """Return what makes the products alone, once, and returns the seconds.

    Each frozen weight has memory of its own, packed as in training; factors of one shape share it.
    """
    made: dict[tuple, Tensor] = {}
    options: Any = {"device": setting.device, "dtype": _dtype(setting)}

    def factor(*shape: int) -> Tensor:
        if shape not in made:
            made[shape] = torch.randn(shape, **options)
        return made[shape]

    work: list[Callable[[], Tensor]] = []
    for one in needed:
        x, g = factor(one.count, one.n, one.k), factor(one.count, one.n, one.m)
        if one.frozen and setting.device == "cpu":
            packed = Packed(torch.randn(one.m, one.k, **options))
            work.append(partial(packed.product, x[0]))
            work += [partial(packed.product_back, g[0])] * one.back
        else:
            w = torch.randn(one.count, one.k, one.m, **options)
            work.append(partial(torch.bmm, x, w))
            work += [partial(torch.bmm, g, w.mT)] * one.back
            work += [partial(torch.bmm, x.mT, g)] * one.weight

    def run() -> None:
        for product in work:
            product()

    with torch.no_grad():
        run()
    return torch.no_grad()(partial(bench.seconds_of, run, setting.device))


def measured(setting: Setting, method: str) -> dict[str, Any]:
    """Return the share of a step that its products need, round by round, and what goes with it.

    `speed` is that of the products over `torch.mm`'s on squares of 2048; `parts` are shares of a
    step's time by the profiler; `tokens` are the tokens trained on in a second, padding among them.
    """
    pack = Pack(setting, method)
    needed = products(pack)
    multiply = alone(needed, setting)
    square = torch.randn(_SQUARE, _SQUARE, device=setting.device, dtype=_dtype(setting))
    steps, seconds, mm = [], [], []
    for _ in range(1 + bench.ROUNDS):
        steps.append(pack.train(setting.lanes) / setting.steps)
        seconds.append(sum(multiply() for _ in range(setting.steps)) / setting.steps)
        mm.append(bench.seconds_of(lambda: square @ square, setting.device))
    del steps[0], seconds[0], mm[0]
    operations = sum(product.operations for product in needed)
    tokens = setting.lanes * setting.batch_size * float(pack.batcher.lengths.max())
    return {
        "shares": [alone / step for alone, step in zip(seconds, steps, strict=True)],
        "speed": operations / median(seconds) / (2 * _SQUARE**3 / median(mm)),
        "gflops": operations / median(steps) / 1e9,
        "tokens": tokens / median(steps),
        "seconds": median(steps),
        "parts": parts(pack),
    }


def parts(pack: Pack) -> dict[str, float]:
    """Return which share of a step goes where, by the profiler; Python is what no kernel ran in."""
    on_gpu = pack.setting.device.startswith("cuda")
    kinds = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]
    with profile(activities=kinds) as profiled:
        whole = pack.train(pack.setting.lanes)
    spent: Counter[str] = Counter()
    for event in profiled.key_averages():
        own = event.self_device_time_total if on_gpu else event.self_cpu_time_total
        spent[_part(event.key.lower())] += own / 1e6 / whole
    shares = {name: spent[name] for name in (*_PARTS, "the rest")}
    return shares | {"Python": max(0.0, 1 - sum(shares.values()))}


def settings(given: dict[str, Any]) -> Iterator[Setting]:
    """Yield what `bench limit` measures: both sizes, precisions and packs, unless one is given."""
    device = given.get("device", "cpu")
    both = ["fp32", *(["bf16"] if has_bf16(torch.device(device)) else [])]
    for backbone in [given.get("backbone")] if "backbone" in given else ["minilm", "base"]:
        for precision in [given["precision"]] if "precision" in given else both:
            for lanes in [given["lanes"]] if "lanes" in given else [1, 8]:
                steps = max(1, 4 // (lanes * (1 if backbone == "minilm" else 4)))
                chosen = {"backbone": backbone, "precision": precision, "lanes": lanes}
                yield Setting(**{"length": 64} | given | chosen | {"steps": steps})


def run(given: dict[str, Any], records: Store) -> Iterator[str]:
    """Measure setting by setting, write a record of each, and yield a line for each method."""
    for setting in settings(given):
        bench.require_bf16(setting)
        started, found = time.perf_counter(), {}
        for method in METHODS if setting.lanes == 1 else METHODS[:-1]:  # full never packs
            found[method] = measured(setting, method)
            yield line(setting, method, found[method])
        records.write(
            KIND,
            bench.named(setting),
            result={"methods": found},
            seconds=time.perf_counter() - started,
            provenance=provenance(),
        )


def _part(name: str) -> str:
    parts = (part for part, marks in _PARTS.items() if any(mark in name for mark in marks))
    return next(parts, "the rest")


def _dtype(setting: Setting) -> torch.dtype:
    return torch.bfloat16 if setting.precision == "bf16" else torch.float32


def line(setting: Setting, method: str, found: dict[str, Any]) -> str:
    """Return one method's share for a person."""
    low, high = min(found["shares"]), max(found["shares"])
    rest = ", ".join(f"{name} {share:.2f}" for name, share in found["parts"].items())
    return (
        f"{method} {setting.backbone} {setting.precision} K={setting.lanes} share "
        f"{median(found['shares']):.2f} ({low:.2f} to {high:.2f}); {found['tokens']:,.0f} tokens a "
        f"second; products alone at {found['speed']:.2f} of torch.mm's speed; a step, by the "
        f"profiler: {rest}"
    )
