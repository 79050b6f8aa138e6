"""Results of an earlier attempt that a run may reuse, and those that it must not."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import toy
from ingenium.core.evidence import read
from ingenium.core.seeds import BLOCK
from ingenium.core.spec import Spec
from ingenium.generators.generator import Generator
from ingenium.runs import loop
from ingenium.verbs.propose import propose

pytestmark = pytest.mark.usefixtures("beams")
N = 3 * BLOCK
REQUESTED = Spec(problem="toy.cantilever")


def stop_after(blocks: int) -> loop.Watch:
    def stop(stage: str, done: int, total: int) -> None:
        if stage == "propose and verify" and done == blocks * BLOCK:
            raise KeyboardInterrupt

    return stop


@pytest.fixture
def proposed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Blocks in the order in which they were proposed."""
    found: list[int] = []
    whole = Generator.propose_block

    def noted(self: Generator, seed: int, block: int, *rows: Any, **watch: Any) -> xr.Dataset:
        found.append(block)
        return whole(self, seed, block, *rows, **watch)

    monkeypatch.setattr(Generator, "propose_block", noted)
    return found


def interrupted(out: Path, blocks: int = 2) -> Path:
    """The unfinished folder of a run that was stopped after some blocks."""
    with pytest.raises(KeyboardInterrupt):
        propose(REQUESTED, N, 1, out, watch=stop_after(blocks))
    return out.with_name(f".{out.name}.partial")


def test_a_stop_after_the_last_block_costs_no_verification(
    tmp_path: Path, proposed: list[int]
) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if stage == "evidence":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        propose(REQUESTED, N, 1, tmp_path / "out", watch=stop)
    propose(REQUESTED, N, 1, tmp_path / "out")
    assert proposed == [0, 1, 2]


def test_designs_do_not_depend_on_how_many_are_measured_together(
    tmp_path: Path, proposed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fewer than a block are repaired, measured and saved at a time if a design takes seconds."""
    whole = propose(REQUESTED, 70, 1, tmp_path / "whole")
    monkeypatch.setattr(toy.Cantilever, "batch_size", 16)
    monkeypatch.setattr(toy.Cantilever, "repair", lambda self, arrays, conditions: arrays)

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "propose and verify" and done == 48:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        propose(REQUESTED, 70, 1, tmp_path / "small", watch=stop)
    proposed.clear()
    small = propose(REQUESTED, 70, 1, tmp_path / "small")
    assert proposed == [0, 1], "the first three units of sixteen were kept"
    for name in ("width_m", "tip_load_n"):
        np.testing.assert_array_equal(small.designs[name], whole.designs[name])
    np.testing.assert_array_equal(small.verdicts["verdict"], whole.verdicts["verdict"])


def test_what_a_killed_process_left_does_not_get_into_the_folder(tmp_path: Path) -> None:
    part = interrupted(tmp_path / "out")
    retained = next(part.glob("blocks-*"))
    (part / ".part-0123abcd-designs.nc").write_bytes(b"half")
    (retained / ".part-0123abcd-000002.npz").write_bytes(b"half")
    (part / "blocks-of-other-code").mkdir()
    (part / "blocks-of-other-code" / "000000.npz").write_bytes(b"old")
    (part / "designs").mkdir()
    (part / "designs" / "beam_999999.json").write_text("{}")
    run = propose(REQUESTED, N, 1, tmp_path / "out")
    fresh = propose(REQUESTED, N, 1, tmp_path / "fresh")
    inside, expected = (
        {path.relative_to(folder) for path in folder.rglob("*")}
        for folder in (run.folder, fresh.folder)
    )
    assert inside == expected


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:],
    ],
    ids=["half", "empty", "one bit"],
)
def test_a_damaged_block_is_made_again(
    damage: Callable[[bytes], bytes], tmp_path: Path, proposed: list[int]
) -> None:
    part = interrupted(tmp_path / "out")
    block = next(part.glob("blocks-*")) / "000001.npz"
    block.write_bytes(damage(block.read_bytes()))
    run = propose(REQUESTED, N, 1, tmp_path / "out")
    assert proposed == [0, 1, 1, 2]
    fresh = propose(REQUESTED, N, 1, tmp_path / "fresh")
    for name in ("width_m", "tip_load_n"):
        np.testing.assert_array_equal(run.designs[name], fresh.designs[name])


def test_blocks_of_another_system_or_engine_are_not_taken_over(
    tmp_path: Path, proposed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Test an edited network, and a package that was updated between stop and start."""
    interrupted(tmp_path / "out")
    monkeypatch.setattr(toy.Cantilever, "system", "sha256:edited")
    run = propose(REQUESTED, N, 1, tmp_path / "out")
    assert proposed == [0, 1, 0, 1, 2]
    assert read(run.folder / "evidence.jsonl")[0]["system"] == "sha256:edited"
    interrupted(tmp_path / "two")
    updated = functools.partial(toy.EulerBernoulli, version="2")
    monkeypatch.setattr(toy, "EulerBernoulli", updated)
    del proposed[:]
    propose(REQUESTED, N, 1, tmp_path / "two")
    assert proposed == [0, 1, 2]
