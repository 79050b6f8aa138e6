"""Moments outside the memory of the model, and a full disk."""

import errno
import os
import resource
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import ranked
import torch
from ranked import Letters
from test_layouts import distance

from ingenium.core.errors import StorageError
from ingenium.generators.tokens.families import transformer
from ingenium.scale.divided import DividedModel
from ingenium.scale.layout import RankLayout
from ingenium.scale.offload import offload
from ingenium.scale.place import HERE, WorkPlace
from ingenium.scale.ranked_descent import RankedDescent
from ingenium.scale.ranks import Rank, Tell, gather
from ingenium.train import checkpoint

TWO = WorkPlace.parse("processes:2")


def resident() -> dict[str, int]:
    """Resident bytes of this process that belong to files, and the others (Linux)."""
    lines = dict(x.split(":", 1) for x in Path("/proc/self/status").read_text().splitlines())
    return {name: 1024 * int(lines[f"Rss{name}"].split()[0]) for name in ("File", "Anon")}


@dataclass(frozen=True)
class Stepped:
    """A step of a wider model under a layout."""

    layout: str

    def __call__(self, rank: Rank, tell: Tell) -> dict[str, Any]:
        family = transformer((12,), 2, Letters(), width=384, layers=4)
        model = DividedModel(family, RankLayout.parse(self.layout))
        descent, turn = RankedDescent(model), model.turns()[0]
        optimiser, (x, cond) = descent.optimiser(turn, ranked.plan()), ranked.texts()
        descent.gradients(turn, x[:2], cond[:2], torch.Generator().manual_seed(1))
        descent.clip(turn.parameters, 1.0)
        before = resident()
        optimiser.step()
        count, after = sum(p.numel() for p in family.parameters()), resident()
        grown = {name: after[name] - before[name] for name in before}
        return {"moments": 8 * count, **grown, **descent.held()}


def stepped() -> list[dict[str, Any]]:
    return [gather(HERE, Stepped(f"data:1{x}"))[0] for x in (",offload", "")]


def test_offloaded_moments_are_not_in_the_memory_of_a_rank() -> None:
    # In a process of its own: one that let go of memory before takes no more of it.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        with_, without = fresh.submit(stepped).result()
    assert with_["host"] == pytest.approx(with_["moments"], rel=0.01)
    assert without["host"] == 0
    # What is no file's also falls, but by less: what was let go of before is used again.
    assert with_["File"] == pytest.approx(with_["moments"], rel=0.1)
    assert without["File"] < 0.1 * with_["moments"]
    assert without["Anon"] - with_["Anon"] > 0.5 * with_["moments"]


def test_a_disk_without_room_for_moments_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "posix_fallocate", full)
    optimiser = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(4))])
    with pytest.raises(StorageError, match=r"cannot write .*offload: No space left"):
        offload([optimiser])
    assert not list((tmp_path / "offload").iterdir())


@dataclass(frozen=True)
class Limited:
    """A fit with a checkpoint at each step, whose first rank can write no more from a step on."""

    folder: Path
    full_at: int | None = None

    def __call__(self, rank: Rank, tell: Tell) -> dict[str, Any]:
        def made(step: int, steps: int, loss: float) -> None:
            if step == self.full_at and rank.number == 0:
                hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
                resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))

        return ranked.trained("data:2", {"checkpoint": self.folder, "progress": made})


@pytest.mark.slow
def test_a_fit_whose_disk_was_full_goes_on_to_the_same_weights(
    tmp_path: Path, two: list[dict[str, Any]]
) -> None:
    with pytest.raises(StorageError, match="File too large"):
        gather(TWO, Limited(tmp_path, full_at=3), wait_s=60.0)
    retained = checkpoint.read(tmp_path)
    assert retained is not None
    assert retained.facts["step"] == 3, "the last whole checkpoint is still there"
    found = gather(TWO, Limited(tmp_path), wait_s=60.0)[0]
    assert distance(found["weights"], two[0]["data:2"]["weights"]) == 0
    assert found["curve"] == two[0]["data:2"]["curve"]
