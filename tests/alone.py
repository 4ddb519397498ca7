"""What a person does with the library and nothing else, as a process: python alone.py README."""

import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch

import pasta_lib as pl
from pasta_lib import tasks

FEW = "epochs=1, max_steps=2, train_rows=16, eval_rows=16"
ROWS = [f"{i},{text},{i % 2}" for i, text in enumerate(["a fine film", "a dull one"] * 4)]


def quick_lines(readme: Path) -> str:
    """The README's first Python block, with fewer steps."""
    block = re.findall("```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)[0]
    assert block.count("epochs=20") == 1, "the README trains for another number of epochs"
    return block.replace("epochs=20", FEW)


@dataclass(frozen=True)
class LayerNormTuning(pl.Method):
    """A user's own method."""

    def insert(self, model, tokenizer):
        """Unfreeze the normalisations."""
        for module in model.modules():
            if isinstance(module, torch.nn.LayerNorm):
                module.requires_grad_(True)


def trained(task, method: str, folder: Path):
    """Train `method` on `task` for a step, save its adapter, and return model and tokenizer."""
    model, tokenizer = pl.load_backbone("minilm", task)
    pl.build(method).apply(model, tokenizer, task)
    config = pl.TrainConfig(lr=1e-2, epochs=1, max_steps=1, batch_size=4, eval_rows=4)
    pl.fit(model, tokenizer, task, config, progress=False)
    pl.save_adapter(model, folder / method)
    return model.eval(), tokenizer


def main(readme: Path, folder: Path) -> None:
    """Do the README's lines, then a task and a method of one's own, and what follows training."""
    lines = quick_lines(readme).replace('"my-adapter"', repr(str(folder / "my-adapter")))
    exec(compile(lines, str(readme), "exec"), {"__name__": "readme"})

    (folder / "rows.csv").write_text("\n".join(["id,text,stars", *ROWS]) + "\n")
    splits = dict.fromkeys(("train", "validation"), str(folder / "rows.csv"))
    task = pl.user_task("reviews", splits, texts="text", label="stars")
    pl.METHODS["layer-norm"] = LayerNormTuning
    model, tokenizer = trained(task, "layer-norm", folder)
    assert pl.count_parameters(model).method == (6 * 2 + 1) * 2 * 384

    model, tokenizer = trained(task, "aot-fc", folder)
    inputs = tokenizer(["a fine film", "dull"], padding=True, return_tensors="pt")
    with torch.no_grad():
        before = model(**inputs).logits
        fused = pl.fuse(model)(**inputs).logits
        again, _ = pl.load_backbone("minilm", task)
        loaded = pl.load_adapter(again, folder / "aot-fc")(**inputs).logits
    torch.testing.assert_close(before, fused, atol=1e-5, rtol=0)
    torch.testing.assert_close(before, loaded, atol=1e-5, rtol=0)
    trained(task, "pasta", folder)
    served = pl.MultiTask(pl.load_backbone("minilm", task)[0])
    for name in ("pasta", "aot-fc"):
        served.add(name, folder / name, task)
    mixed = served(["pasta", "aot-fc"], **inputs)
    torch.testing.assert_close(mixed[1], before[1], atol=1e-5, rtol=0)
    assert len(pl.vertical_heads(again, tokenizer, "Fred watered the plants flat.")) == 72
    assert tasks.TASKS["rte"].metric == "accuracy"


if __name__ == "__main__":
    assert not any(name.startswith("pasta_lib.study") for name in sys.modules)
    with tempfile.TemporaryDirectory() as made:
        main(Path(sys.argv[1]), Path(made))
    assert not any(name.startswith("pasta_lib.study") for name in sys.modules)
    print("stands alone, from", Path(pl.__file__).parent)
