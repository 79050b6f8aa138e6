"""The computation of a network for one row, as a graph of few operators on vectors.

Shapes: n rows, w numbers of a signal.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

FUNCTIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "silu": functional.silu,
    "gelu": functional.gelu,
    "relu": torch.relu,
}
NONE = torch.zeros(0)
EPSILON = 1e-5  # of a normalisation


@dataclass(frozen=True)
class GraphStep:
    """One operator and its input signals."""

    kind: str  # rows, dense, sum, product, function, norm, part or joined
    out: str
    inputs: tuple[str, ...]
    name: str = ""  # of a function
    weight: Tensor = NONE  # of rows (r, w) or of a dense layer (o, i)
    bias: Tensor = NONE
    span: tuple[int, int] = (0, 0)  # of a part


@dataclass
class NetworkGraph:
    """Steps in order, the widths of all signals, inputs and outputs.

    `ties` are outputs that return as inputs at the next call: a memory.
    """

    name: str
    widths: dict[str, int] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    indices: dict[str, int] = field(default_factory=dict)  # inputs that are row numbers
    outputs: list[str] = field(default_factory=list)
    ties: dict[str, str] = field(default_factory=dict)  # output to input
    steps: list[GraphStep] = field(default_factory=list)

    def given(self, name: str, width: int) -> str:
        """Add an input of `width` numbers."""
        self.inputs.append(name)
        self.widths[name] = width
        return name

    def index(self, name: str, rows: int) -> str:
        """Add an input that is the number of a row of a table."""
        self.inputs.append(name)
        self.indices[name] = rows
        self.widths[name] = 1
        return name

    def rows(self, index: str, table: Float[Tensor, "r w"]) -> str:
        """Add a row of a table."""
        return self._add("rows", table.shape[1], index, weight=table)

    def dense(self, x: str, weight: Float[Tensor, "o i"], bias: Tensor | None) -> str:
        """Add a dense layer: a matrix on the signal, and a bias."""
        own = weight.new_zeros(len(weight)) if bias is None else bias
        return self._add("dense", len(weight), x, weight=weight, bias=own)

    def sum(self, a: str, b: str) -> str:
        """Add an elementwise sum."""
        return self._add("sum", self.widths[a], a, b)

    def product(self, a: str, b: str) -> str:
        """Add an elementwise product."""
        return self._add("product", self.widths[a], a, b)

    def function(self, x: str, name: str) -> str:
        """Add an elementwise function."""
        return self._add("function", self.widths[x], x, name=name)

    def norm(self, x: str) -> str:
        """Add a normalisation: subtract the mean, divide by the standard deviation."""
        return self._add("norm", self.widths[x], x)

    def part(self, x: str, start: int, stop: int) -> str:
        """Add a slice of the numbers."""
        return self._add("part", stop - start, x, span=(start, stop))

    def joined(self, xs: Sequence[str]) -> str:
        """Add a concatenation."""
        return self._add("joined", sum(self.widths[x] for x in xs), *xs)

    def told(self, x: str, name: str, *, back: str = "") -> None:
        """Make a signal an output of that name; `back` is the input as which it returns."""

        def own(k: str) -> str:
            return name if k == x else k

        self.steps = [
            replace(step, out=own(step.out), inputs=tuple(map(own, step.inputs)))
            for step in self.steps
        ]
        self.widths[name] = self.widths.pop(x)
        self.outputs.append(name)
        if back:
            self.ties[name] = back

    def _add(self, kind: str, width: int, *inputs: str, **more: object) -> str:
        out = f"s{len(self.steps)}"
        self.widths[out] = width
        self.steps.append(GraphStep(kind, out, inputs, **more))  # type: ignore[arg-type]
        return out

    @torch.no_grad()
    def run(self, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return all signals of rows, in floating point."""
        found = dict(given)
        for step in self.steps:
            found[step.out] = _run(step, [found[name] for name in step.inputs])
        return found

    @property
    def parameters(self) -> int:
        """Number of weights without biases."""
        return sum(s.weight.numel() for s in self.steps)


def _run(step: GraphStep, x: list[Tensor]) -> Tensor:
    if step.kind == "rows":
        return step.weight[x[0].to(torch.int64).reshape(-1)]
    if step.kind == "dense":
        return functional.linear(x[0], step.weight, step.bias)
    if step.kind == "sum":
        return x[0] + x[1]
    if step.kind == "product":
        return x[0] * x[1]
    if step.kind == "function":
        return FUNCTIONS[step.name](x[0])
    if step.kind == "norm":
        return functional.layer_norm(x[0], (int(x[0].shape[-1]),), eps=EPSILON)
    if step.kind == "part":
        return x[0][:, step.span[0] : step.span[1]]
    return torch.cat(x, 1)
