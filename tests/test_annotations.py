"""Annotations of shapes are executed in every test, and long loops are quick."""

from pathlib import Path

import numpy as np
import pytest
from jaxtyping import TypeCheckError

import annotations

MODULE = """
from dataclasses import dataclass
import numpy as np
from jaxtyping import Float

def twice(x: Float[np.ndarray, "n 2"], y: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 2"]:
    return 2 * x if x[0, 0] < 9 else x.T

def of_two(y):
    def inner(x: Float[np.ndarray, " 2"]) -> float:
        return 1.0
    return inner(y)

@dataclass(frozen=True)
class Load:
    x: Float[np.ndarray, " n"]
    y: Float[np.ndarray, " n"]
"""


@pytest.fixture(scope="module", autouse=True)
def module(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("annotated")
    (folder / "annotated.py").write_text(MODULE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        annotations.install("annotated")
        import annotated

        yield annotated


@pytest.mark.parametrize("time", ["first", "second"])
def test_what_does_not_fit_is_told_in_each_test(module, time: str) -> None:
    good, bad = np.zeros((3, 2)), np.zeros(4)
    with pytest.raises(TypeCheckError, match="y"):
        module.twice(good, bad)
    with pytest.raises(TypeCheckError, match="return"):
        module.twice(good + 9, np.zeros(3))
    with pytest.raises(TypeCheckError, match="y"):
        module.Load(np.zeros(3), bad)
    with pytest.raises(TypeCheckError, match="x"):
        module.of_two(bad)
    for _ in range(3 * annotations.EACH):
        module.twice(good, np.zeros(3))
    reported = 0
    for _ in range(annotations.EACH):
        try:
            module.twice(good, bad)
        except TypeCheckError:
            reported += 1
    assert reported == 1, "of so many calls in a row, one"
    assert Path(module.__file__).name == "annotated.py"
