"""Arrays of units one after the other: the large ones in files, none of them changed."""

from pathlib import Path

import numpy as np

from ingenium.core.blocks import LARGE, ArrayFiles


def units() -> list[dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    long = LARGE // 8
    return [
        {
            "designs:load": rng.normal(size=(n, 2, long)),
            "designs:small": rng.normal(size=(n, 3)),
            "designs:name": np.array([f"{'x' * i}" for i in range(n)]),
            "measured": rng.normal(size=(n, 4)),
        }
        for n in (4, 4, 1)
    ]


def test_the_whole_is_what_was_added_and_only_what_is_large_lies_in_files(tmp_path: Path) -> None:
    retained = ArrayFiles(tmp_path)
    for arrays in units():
        retained.add(arrays)
    whole = retained.whole()
    assert [p.name for p in tmp_path.iterdir()] == ["designs-load.raw"]
    for name in units()[0]:
        expected = np.concatenate([arrays[name] for arrays in units()])
        np.testing.assert_array_equal(whole[name], expected)
    before = (tmp_path / "designs-load.raw").read_bytes()
    whole["designs:load"][0] = 7.0
    assert (tmp_path / "designs-load.raw").read_bytes() == before
    (tmp_path / "designs-load.raw").unlink()
    np.testing.assert_array_equal(whole["designs:load"][4:8], units()[1]["designs:load"])


def test_what_a_stopped_run_left_is_not_joined_to(tmp_path: Path) -> None:
    for _ in range(2):
        retained = ArrayFiles(tmp_path)
        retained.add(units()[0])
    assert len(retained.whole()["designs:load"]) == 4
