"""The floating-point operations of a run, counted before it starts: those of matrix products.

Letters: L layers, d hidden size, T tokens of a row, P trained tokens before it.
"""

import math
from functools import cache

from ...methods import Method
from ...methods.adapter import Adapter
from ...methods.aot import AotFullyConnected, AotKronecker
from ...methods.diff_prune import DiffPrune
from ...methods.lora import Lora
from ...methods.plain import Classifier, Full
from ...methods.prefix import PTuningV2
from ...methods.prompts import PTuningV1
from ...tasks import TASKS
from ..shapes import SHAPES
from .config import RunConfig
from .lengths import extent


def operations(run: RunConfig) -> float:
    """Return the operations of a run with all its epochs, about.

    A product of a token with w weights takes 2·w forward, 2·w to its input's gradient and 2·w to
    the weights' own: the encoder's 12·d² a layer take all three where they train, two where they
    are frozen, and one under the classifier alone, whose gradient ends above them. Attention's two
    products of T·d a token take 4·T·d forward, and twice that backward.
    """
    layers, hidden = shape(run.backbone)
    method, rows = run.build(), extent(run.task, run.source)
    prompts = method.prefix if isinstance(method, PTuningV1) else 0
    columns = method.prefix if isinstance(method, PTuningV2) else 0
    tokens = rows.tokens + prompts
    encoder = 24 * hidden**2
    inside = 2 * _added(method, hidden) + 4 * (tokens + columns) * hidden
    forward, backward = encoder + inside, _gradients(method) * encoder + 2 * inside
    if isinstance(method, Classifier):
        backward = 0
    trained, evaluated = _visits(run)
    inputs = len(TASKS[run.task].labels) if TASKS[run.task].head == "choice" else 1
    return inputs * layers * tokens * ((forward + backward) * trained + forward * evaluated)


def _gradients(method: Method) -> int:
    """Return how often the encoder's weights are multiplied in backward: to inputs, to weights."""
    return 2 if isinstance(method, Full | DiffPrune) else 1


def _added(method: Method, hidden: int) -> int:
    """Return through how many weights of the method's own a token passes in each layer."""
    match method:
        case AotFullyConnected(rank=rank):
            return 2 * rank * hidden
        case AotKronecker(rank=rank):
            return rank * rank * hidden
        case Lora(rank=rank):
            return 4 * rank * hidden
        case Adapter(size=size):
            return 4 * size * hidden
    return 0


def _visits(run: RunConfig) -> tuple[int, int]:
    """Return how many rows pass in training and how many in evaluation, over all epochs."""
    rows, train = extent(run.task, run.source), run.train
    each = min(rows.train, train.train_rows or rows.train)
    validation = min(rows.validation, train.eval_rows or rows.validation)
    once = min(rows.scored_once, train.eval_rows or rows.scored_once)
    trained = each * train.epochs
    if train.max_steps:
        trained = min(trained, train.max_steps * train.batch_size)
    return trained, math.ceil(trained / each) * validation + once


@cache
def shape(backbone: str) -> tuple[int, int]:
    config = SHAPES[backbone]()
    return config.num_hidden_layers, config.hidden_size
