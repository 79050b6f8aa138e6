"""The checks of types and shapes that all tests run under see what breaks an annotation."""

import importlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest
import torch

import shapes

WRITTEN = """
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

Pair = tuple[Float[Tensor, "n d"], Float[Tensor, " d"]]


def plain(count: int) -> str:
    return "a" * count if count else 0


def lettered(x: Float[Tensor, "n d"], y: Float[Tensor, " d"]) -> Float[Tensor, " n"]:
    return x @ y if x.shape[0] > 1 else y


def within(pair: Pair) -> None:
    pass


def called(make: Callable[[int], Float[Tensor, " n"]], beside: Float[Tensor, " n"]) -> None:
    pass


def generated(x: Float[Tensor, " n"], y: Float[Tensor, " n"]) -> Iterator[Float[Tensor, " n"]]:
    yield x + y


@dataclass
class Named:
    name: str

    def again(self, other: "Named", x: Float[Tensor, "n n"]) -> "Named":
        return other


@dataclass
class Sized:
    d: int
    x: Float[Tensor, "n n"]

    def wide(self, y: Float[Tensor, "n {self.d}"]) -> Float[Tensor, " n"]:
        return y[:, 0]
"""


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("package")
    (folder / "of_shapes.py").write_text(WRITTEN)
    hooks = list(sys.meta_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        shapes.check("of_shapes")
        yield importlib.import_module("of_shapes")
    sys.meta_path[:] = hooks


def ones(*sizes: int) -> torch.Tensor:
    return torch.ones(sizes)


def refused(call: Callable[[], object]) -> bool:
    try:
        call()
    except TypeError:
        return True
    return False


def test_what_holds_passes(module: ModuleType) -> None:
    assert module.plain(2) == "aa"
    assert module.lettered(ones(2, 3), ones(3)).tolist() == [3, 3]
    module.within((ones(2, 3), ones(3)))
    module.called(lambda n: ones(n), ones(2))
    assert [x.tolist() for x in module.generated(ones(2), ones(2))] == [[2, 2]]
    own = module.Named("a")
    assert own.again(own, ones(2, 2)) is own
    assert module.Sized(2, ones(3, 3)).wide(ones(4, 2)).shape == (4,)


def test_what_breaks_an_annotation_is_seen(module: ModuleType) -> None:
    own, sized = module.Named("a"), module.Sized(2, ones(3, 3))
    broken = {
        "an argument": lambda: module.plain("2"),
        "what comes back": lambda: module.plain(0),
        "letters of two arguments": lambda: module.lettered(ones(2, 3), ones(2)),
        "letters of what comes back": lambda: module.lettered(ones(1, 3), ones(3)),
        "the kind of numbers": lambda: module.lettered(ones(2, 3).int(), ones(3)),
        "letters within a pair": lambda: module.within((ones(2, 3), ones(2))),
        "beside what can be called": lambda: module.called(lambda n: ones(n), ones(2, 2)),
        "no callable": lambda: module.called(1, ones(2)),
        "letters of a generator": lambda: module.generated(ones(2), ones(3)),
        "a field": lambda: module.Named(1),
        "letters of a field": lambda: module.Sized(2, ones(2, 3)),
        "beside a class by its name": lambda: own.again(own, ones(2, 3)),
        "a size that the object has": lambda: sized.wide(ones(4, 3)),
    }
    assert [what for what, call in broken.items() if not refused(call)] == []
