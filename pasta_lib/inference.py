"""Serving: one frozen encoder, and a batch whose rows belong to different tasks.

Letters: A adapters, B rows, T tokens, L layers, d hidden size, |V| vocabulary size, S special
tokens, K ids that count as special, R rows that have a table, O outputs.
"""

import copy
import inspect
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F
from transformers import PreTrainedModel

from . import backbones, disk
from .adapters import load_adapter, trainable
from .errors import InputError, require, unknown
from .hooks import LayerBias
from .methods import SpecialTokenBias, TokenBias, tuning_of
from .purpose import Purpose
from .scratch import Scratch

if TYPE_CHECKING:
    from .tasks import Task

Place = Literal["device", "ram", "disk"]
_SERVED = (SpecialTokenBias, TokenBias, type(None))  # of these alone: a subclass may add elsewhere


@dataclass(frozen=True)
class Served:
    """What one task brings: its head, and PASTA's vectors or AoT's table P."""

    head: PreTrainedModel  # the model around its encoder, which is left out
    trained: dict[str, Tensor]  # of the head, by name
    vectors: Tensor  # (L, S, d), S = 0 but for PASTA
    special: Tensor  # (K,)
    table: Tensor | None  # (|V|, L, d), where the tables live


class MultiTask:
    """Any number of PASTA and AoT adapters, with their heads, on the one encoder they share.

    ```python
    served = MultiTask(backbone, tables="ram")
    served.add("rte", "adapters/rte", task)  # a saved adapter; or a tuned model, without its task
    logits = served(["rte", "cola"], **tokenizer(texts, padding=True, return_tensors="pt"))
    ```

    Each row carries its adapter's index, by which special-token vectors, table rows and heads are
    gathered (AoT §3.1). `tables` says where AoT's tables live. From "ram" and "disk" (files mapped
    into memory, in `folder`) only the rows of the tokens present move, once a batch for all
    layers, while a GPU already computes. Keep the inputs on the CPU then: their ids are read there.

    `dtype` converts encoder, tables, vectors and heads. The backbone is taken over: called alone
    it no longer works. Raises `InputError` where it already carries a method.
    """

    def __init__(
        self,
        backbone: PreTrainedModel,
        *,
        tables: Place = "device",
        dtype: torch.dtype | None = None,
        folder: str | Path | None = None,
    ) -> None:
        if tables not in get_args(Place):
            raise unknown("place of the tables", tables, get_args(Place))
        if dtype is not None and not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
            raise InputError(f"dtype is {dtype!r}, but must be one of torch's floating-point types")
        backbones.require_weights(backbone)
        if hasattr(backbone, "tuning"):
            raise InputError("MultiTask takes a fresh backbone; methods come with its adapters")
        backbone.to(dtype)  # type: ignore[arg-type]  # a decorator hides `self` from its type
        self.backbone = backbone.eval().requires_grad_(False)
        self.encoder = backbones.base(backbone)
        self.tables = tables
        self.folder = None if folder is None else disk.named(folder, "MultiTask")
        self._reach = backbones.positions(backbone)
        self._adapters: dict[str, Served] = {}
        self._compiled: Callable[[dict[str, Tensor]], Tensor] | None = None
        self._heads: list[Heads] | None = None  # stacked when a batch first needs them
        self._scratch = Scratch()
        self._bias = RowBias()
        self._bias.attach(self.encoder)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names passed to `add`, in that order."""
        return tuple(self._adapters)

    @property
    def table_bytes(self) -> int:
        """The size of all tables, in the place that was chosen for them."""
        tables = (served.table for served in self._adapters.values())
        return sum(table.nbytes for table in tables if table is not None)

    @property
    def weight_bytes(self) -> int:
        """The size of all else, which is on the device: encoder, vectors and heads."""
        modules = [self.encoder, *(served.head for served in self._adapters.values())]
        tensors = {id(t): t for m in modules for t in (*m.parameters(), *m.buffers())}
        return sum(tensor.nbytes for tensor in tensors.values())

    @torch.no_grad()
    def add(
        self, name: str, adapter: PreTrainedModel | str | Path, task: "Task | None" = None
    ) -> None:
        """Serve a tuned model, or a saved adapter's folder, under `name`.

        A folder needs its `task`, and a backbone from `load_backbone`, which is loaded once more to
        read it. Where `task` is given, logits follow the order of its labels. Raises `InputError`
        for a folder without them, a name in use, a method that trains more than a layer bias and
        the head, weights that are not finite, and an adapter of another backbone or other labels.
        """
        require({"name": name}, {"name": str}, "an adapter to serve")
        if name in self._adapters:
            raise InputError(f"{name!r} is served already: remove it first")
        if not isinstance(adapter, nn.Module):
            source: backbones.Source | None = getattr(self.backbone, "source", None)
            if source is None or task is None:
                raise InputError(
                    f"to serve the folder {str(adapter)!r}, pass its task, and to MultiTask a "
                    f"backbone from load_backbone; or load the adapter yourself and pass the model"
                )
            adapter = load_adapter(backbones.load_backbone(source.backbone, task)[0], adapter)
        self._check(name, adapter)
        asked = Purpose.of(task)
        places = backbones.purpose(adapter).places(asked, f"the model to be served as {name!r}")
        self._adapters[name] = self._take(name, adapter, places)
        self._heads = None

    def remove(self, name: str) -> None:
        """Serve `name` no longer, and free what it held."""
        self._of(name)
        del self._adapters[name]
        self._heads = None

    def compile(self, **options: Any) -> None:
        """Compile the encoder's pass as one graph, with `options` of `torch.compile`."""
        self._compiled = torch.compile(self._encode, fullgraph=True, dynamic=True, **options)

    def __call__(self, tasks: Sequence[str], input_ids: Tensor, **inputs: Tensor) -> list[Tensor]:
        """Return the logits of each row by its own task: (O,), or (T, O) where it tags tokens.

        `tasks` are names given to `add`, one for each row. The choices of an example are rows of
        their own, with one logit each. Raises `InputError` for a name that is not served, for
        another number of names than rows, and for rows longer than the backbone reads.
        """
        self._check_inputs({"input_ids": input_ids} | inputs)
        if len(tasks) != len(input_ids):
            raise InputError(f"{len(tasks)} names of tasks were given for {len(input_ids)} rows")
        if self._reach is not None and input_ids.shape[1] > self._reach:
            raise InputError(
                f"rows of {input_ids.shape[1]} tokens are over the {self._reach} that the backbone "
                "reads: cut them"
            )
        adapters = [self._of(name) for name in tasks]
        if self._heads is None:
            self._heads = self._stack()
        # Rows with a table first, those of one task together: slices find them, and no mask.
        order = sorted(range(len(tasks)), key=lambda row: (adapters[row].table is None, tasks[row]))
        names = [tasks[row] for row in order]
        split = sum(adapter.table is not None for adapter in adapters)
        with torch.inference_mode():
            at = torch.tensor(order)
            given = {"input_ids": input_ids} | inputs
            given = {k: v[at.to(v.device, non_blocking=True)] for k, v in given.items()}
            rows = self._rows(given["input_ids"][:split], names[:split])
            given = {key: self._move(value) for key, value in given.items()}
            slots = {name: slot for slot, name in enumerate(self._adapters)}
            self._bias.expect(rows, self._move([slots[name] for name in names]))
            hidden = (self._compiled or self._encode)(given)
            logits: dict[int, Tensor] = {}
            for heads in self._heads:
                mine = [row for row, name in enumerate(names) if name in heads.slots]
                if mine:
                    at = self._move(mine)
                    own = {key: value[at] for key, value in given.items()}
                    found = heads([names[row] for row in mine], own, hidden[at])
                    logits |= zip((order[row] for row in mine), found, strict=True)
        return [logits[row] for row in range(len(tasks))]

    def _encode(self, given: dict[str, Tensor]) -> Tensor:
        return self.encoder(**given)[0]

    def _check_inputs(self, inputs: Mapping[str, Tensor]) -> None:
        """Refuse what is no batch of token ids, and what has another number of rows or tokens."""
        ids = inputs["input_ids"]
        kind = getattr(ids, "dtype", None)
        if kind not in (torch.int32, torch.int64) or ids.dim() != 2 or not ids.numel():
            size = f"{kind} {tuple(ids.shape)}" if isinstance(ids, Tensor) else type(ids).__name__
            raise InputError(
                f"input_ids are a tensor of whole numbers, (rows, tokens), neither of them 0, and "
                f"these are {size}"
            )
        taken = {*inspect.signature(self.encoder.forward).parameters} - {"inputs_embeds", "kwargs"}
        for name, value in inputs.items():
            if name not in taken:  # what an encoder does not know it drops without a word
                raise unknown("input", name, sorted(taken))
            if not isinstance(value, Tensor):
                raise InputError(f"{name} is a {type(value).__name__}, and must be a tensor")
            if len(value) != len(ids) or (value.dim() == 2 and value.shape != ids.shape):
                raise InputError(
                    f"{name} is {tuple(value.shape)}, and input_ids are {tuple(ids.shape)}"
                )
        if ids.device.type == "cpu":  # a GPU would have to be waited for
            low, high = (number.item() for number in ids.aminmax())
            known = backbones.word_embeddings(self.backbone).num_embeddings
            if not 0 <= low <= high < known:
                raise InputError(
                    f"input_ids go from {low} to {high}, and the backbone knows ids from 0 to "
                    f"{known - 1}"
                )

    def _of(self, name: str) -> Served:
        if not isinstance(name, str) or name not in self._adapters:
            raise unknown("served task", name, self._adapters)
        return self._adapters[name]

    def _check(self, name: str, model: PreTrainedModel) -> None:
        if not hasattr(model, "tuning"):
            raise InputError(f"no method was applied to the {type(model).__name__} of {name!r}")
        tuning, bias = tuning_of(model), getattr(model, "layer_bias", None)
        beside = [key for key in trainable(model) if key not in tuning.head]
        if type(bias) not in _SERVED or not all(key.startswith("layer_bias.") for key in beside):
            raise InputError(
                f"MultiTask serves pasta and aot adapters with their heads, and {name!r} is "
                f"{type(tuning.method).__name__}"
            )
        backbones.require_finite(trainable(model), f"{name!r}")
        for key, own in self._common(model).items():
            if not backbones.same_weights(own, self.encoder.get_parameter(key)):
                raise InputError(f"{name!r} was trained on another backbone: its {key} differs")

    def _common(self, model: PreTrainedModel) -> dict[str, nn.Parameter]:
        """Return what `model` has of the encoder as it was pretrained."""
        drawn = {*backbones.freshly_drawn(self.backbone)}
        mine = {key for key, _ in self.encoder.named_parameters()} - drawn
        theirs = backbones.base(model).named_parameters()
        return {key: own for key, own in theirs if key in mine and not own.requires_grad}

    def _take(self, name: str, model: PreTrainedModel, places: Sequence[int] | None) -> Served:
        """Copy from a tuned model what serving needs, in the encoder's dtype, to its place.

        `places` reorders the outputs of the head.
        """
        encoder, bias = self.encoder, getattr(model, "layer_bias", None)
        count, size = encoder.config.num_hidden_layers, encoder.config.hidden_size
        shared = {id(own): encoder.get_parameter(key) for key, own in self._common(model).items()}
        head = copy.deepcopy(backbones.head_alone(model), shared).eval()
        head.to(encoder.device, encoder.dtype)
        if places is not None:
            backbones.reorder_outputs(head, places)
        own = {*tuning_of(model).head, *backbones.freshly_drawn(model)}
        trained = {key: tensor for key, tensor in head.named_parameters() if key in own}
        vectors, special, table = torch.empty(count, 0, size), torch.empty(0).long(), None
        if isinstance(bias, SpecialTokenBias):
            vectors, special = bias.vectors.expand(-1, bias.count, -1).clone(), bias.ids
        elif isinstance(bias, TokenBias):
            table = self._room(encoder.config.vocab_size, count, size)
            for layer in range(count):
                rows = bias.table.table(layer)
                backbones.require_finite({f"layer {layer} of the table": rows}, repr(name))
                table[:, layer] = rows
        return Served(head, trained, vectors.to(encoder.device, encoder.dtype), special, table)

    def _room(self, *size: int) -> Tensor:
        dtype = self.encoder.dtype
        if self.tables != "disk":
            return torch.empty(
                size, dtype=dtype, device=self.encoder.device if self.tables == "device" else "cpu"
            )
        # The file loses its name at once: the mapping alone keeps it, until the adapter goes.
        folder = self.folder or Path(tempfile.gettempdir())
        count = torch.Size(size).numel()
        with disk.writing(folder), tempfile.NamedTemporaryFile(dir=folder) as file:
            disk.allot(file, count * dtype.itemsize)
            return torch.from_file(file.name, shared=True, size=count, dtype=dtype).view(size)

    @torch.no_grad()
    def _stack(self) -> "list[Heads]":
        adapters = self._adapters
        self._bias.stack(list(adapters.values()), self.encoder.device)
        kinds = {type(adapter.head) for adapter in adapters.values()}
        return [
            Heads({name: own for name, own in adapters.items() if type(own.head) is kind})
            for kind in kinds
        ]

    def _rows(self, ids: Tensor, names: list[str]) -> "list[LayerRows]":
        """Return P[ids] of each layer for the rows of `names`, those of one name together."""
        if not names:
            return []
        found = ((self._adapters[name].table, len(list(same))) for name, same in groupby(names))
        spans = [(table, count) for table, count in found if table is not None]
        return self._gathered(ids, spans) if self.tables == "device" else self._fetched(ids, spans)

    def _gathered(self, ids: Tensor, spans: list[tuple[Tensor, int]]) -> "list[LayerRows]":
        parts = self._move(ids).split([count for _, count in spans])
        found = self._scratch.gather([table for table, _ in spans], parts)
        return [LayerRows(rows) for rows in found.unbind(2)]

    def _fetched(self, ids: Tensor, spans: list[tuple[Tensor, int]]) -> "list[LayerRows]":
        present, places, total = [], [], 0
        for (table, _), part in zip(spans, ids.cpu().split([n for _, n in spans]), strict=True):
            tokens, place = part.unique(return_inverse=True)
            present.append((table, tokens))
            places.append(place + total)
            total += len(tokens)
        on_gpu = self.encoder.device.type == "cuda"
        aside = torch.cuda.Stream(self.encoder.device) if on_gpu else None
        layers = []
        with torch.cuda.stream(aside):  # of None: nothing
            place = self._move(torch.cat(places))
            for layer in range(self.encoder.config.num_hidden_layers):
                rows = torch.cat([table[:, layer][tokens] for table, tokens in present])
                rows = self._move(rows.pin_memory() if aside else rows)
                rows = F.embedding(place, rows)
                layers.append(LayerRows(rows, aside.record_event() if aside else None))
        return layers

    def _move(self, values: Tensor | list[int]) -> Tensor:
        return torch.as_tensor(values).to(self.encoder.device, non_blocking=True)


@dataclass(frozen=True)
class LayerRows:
    """One layer's rows of P, (R, T, d), and the event after which they are on the GPU."""

    rows: Tensor
    ready: "torch.cuda.Event | None" = None

    def wait(self) -> Tensor:
        """Return the rows; the device, not the program, waits for them."""
        if self.ready is not None:
            stream = torch.cuda.current_stream(self.rows.device)
            stream.wait_event(self.ready)
            self.rows.record_stream(stream)
        return self.rows


class RowBias(LayerBias):
    """H^l[i] ← H^l[i] + bias^l of row i's own adapter: rows with a table first, the others after.

    The sum replaces H^l in place. No gradient is taken, and the residual path must carry the bias
    anyway, so the only thing lost is the copy.
    """

    def stack(self, adapters: Sequence[Served], device: torch.device) -> None:
        """Put the vectors of all adapters side by side, in the order of their slots."""
        vectors = _stacked([adapter.vectors for adapter in adapters], 0.0)  # (A, L, S, d)
        special = _stacked([adapter.special for adapter in adapters], -1)  # (A, K)
        self._vectors = SpecialTokenRows(vectors, special).to(device)

    def expect(self, tables: list[LayerRows], slots: Tensor) -> None:
        """Take what the coming batch needs: the first R rows' tables, every row's slot, (B,)."""
        self._tables, self._slots = tables, slots

    def prepare(self, ids: Tensor) -> None:
        """Find each row's special tokens."""
        if self._vectors.count:
            self._vectors.take(ids, self._slots)

    def add(self, hidden: Tensor, layer: int) -> Tensor:
        """Add each row's bias, in place, (B, T, d)."""
        if self._tables:
            rows = self._tables[layer].wait()
            hidden[: len(rows)].add_(rows)
        return self._vectors.add(hidden, layer) if self._vectors.count else hidden


class SpecialTokenRows(SpecialTokenBias):
    """PASTA's bias where each row has vectors and special ids of its own: (A, L, S, d), (A, K)."""

    def __init__(self, vectors: Tensor, special: Tensor) -> None:
        super().__init__(vectors, special, count=vectors.shape[2], dropout=0.0)
        self.requires_grad_(False)

    def take(self, ids: Tensor, slots: Tensor) -> None:
        """Take the ids of the coming rows, (B, T), and their adapters, (B,)."""
        self._slots = slots
        self.prepare(ids)

    def adapted(self, ids: Tensor) -> Tensor:
        """Return where the tokens stand that get a vector, (B, T)."""
        return (ids.unsqueeze(-1) == self.ids[self._slots].unsqueeze(1)).any(-1)

    def layers(self) -> Tensor:
        """Return the vectors of each row's own adapter, (L, B, S, d)."""
        return self.vectors[self._slots].transpose(0, 1)

    def add(self, hidden: Tensor, layer: int) -> Tensor:
        """Add the layer's vectors at the special positions, in place, (B, T, d)."""
        assert self._rows is not None, "no gradients are taken"
        return hidden.scatter_add_(1, self._at, self._rows[layer])


class Heads:
    """The heads of one class, called by row: each row with its own parameters."""

    def __init__(self, adapters: Mapping[str, Served]) -> None:
        first, *_ = members = list(adapters.values())
        self.slots = {name: slot for slot, name in enumerate(adapters)}
        self._outputs = [served.head.config.num_labels for served in members]
        self._head = first.head
        self._trained = {
            key: _stacked([served.trained[key] for served in members], 0.0) for key in first.trained
        }

    def __call__(
        self, names: Sequence[str], inputs: dict[str, Tensor], hidden: Tensor
    ) -> list[Tensor]:
        """Return each row's logits by its own head, from the encoder's inputs and outputs."""
        slots = [self.slots[name] for name in names]
        at = torch.tensor(slots).to(hidden.device, non_blocking=True)
        trained = {key: stack[at] for key, stack in self._trained.items()}
        logits = torch.vmap(self._row)(trained, inputs, hidden)
        return [row[..., : self._outputs[slot]] for row, slot in zip(logits, slots, strict=True)]

    def _row(self, own: dict[str, Tensor], inputs: dict[str, Tensor], hidden: Tensor) -> Tensor:
        given = {key: value.unsqueeze(0) for key, value in inputs.items()}
        given["inputs_embeds"] = hidden.unsqueeze(0)
        return functional_call(self._head, own, kwargs=given).logits.squeeze(0)


def _stacked(tensors: Sequence[Tensor], value: float) -> Tensor:
    """Put tensors side by side, each filled up with `value` to the size of the largest."""
    size = [max(sizes) for sizes in zip(*(tensor.shape for tensor in tensors), strict=True)]
    stack = tensors[0].new_full((len(tensors), *size), value)
    for own, tensor in zip(stack, tensors, strict=True):
        own[tuple(slice(length) for length in tensor.shape)] = tensor
    return stack
