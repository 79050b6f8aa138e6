"""A graph as an ONNX file of floating numbers, single or half, for processors that have them.

Shapes: n rows, w numbers of a signal.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ingenium.core.folders import write_atomic
from ingenium.edge.graph import EPSILON, GraphStep, NetworkGraph
from ingenium.edge.onnx_file import EXTRA, OPSET, opened

HALF = "fp16"
NAMES = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "gelu": "Gelu"}


def write(graph: NetworkGraph, path: Path, *, half: bool) -> None:
    """Export a graph; inputs and outputs are in single precision, whatever is inside.

    Raises:
        MissingExtra: with the line that installs the missing package.
    """
    onnx = EXTRA.package("onnx")
    write_atomic(path, _FloatWriter(onnx, graph, half).model().SerializeToString())


class _FloatWriter:
    """One graph during its conversion to ONNX."""

    def __init__(self, onnx: Any, graph: NetworkGraph, half: bool) -> None:
        self.onnx, self.graph = onnx, graph
        self.kind = np.float16 if half else np.float32
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def model(self) -> Any:
        """The whole file."""
        g, helper, types = self.graph, self.onnx.helper, self.onnx.TensorProto
        inside = types.FLOAT16 if self.kind is np.float16 else types.FLOAT
        for name in g.inputs:
            if name not in g.indices:
                self._do("Cast", f"{name}_given", out=name, to=inside)
        for step in g.steps:
            self._step(step)
        for name in g.outputs:
            self._do("Cast", name, out=f"{name}_told", to=types.FLOAT)

        def ends(names: list[str], mark: str) -> list[Any]:
            return [
                helper.make_tensor_value_info(name, types.INT64, ["n", 1])
                if name in g.indices
                else helper.make_tensor_value_info(
                    f"{name}_{mark}", types.FLOAT, ["n", g.widths[name]]
                )
                for name in names
            ]

        own = ends(g.inputs, "given"), ends(g.outputs, "told"), self.constants
        made = helper.make_graph(self.nodes, g.name, *own)
        model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = 10
        return model

    def _constant(self, value: np.ndarray) -> str:
        name = f"k{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(value, name))
        return name

    def _weight(self, value: Tensor) -> str:
        return self._constant(np.ascontiguousarray(value.detach().numpy().astype(self.kind)))

    def _do(self, kind: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        out = out or f"t{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def _step(self, step: GraphStep) -> None:
        x, out = step.inputs, step.out
        if step.kind == "rows":
            flat = self._do("Reshape", x[0], self._constant(np.array([-1], np.int64)))
            self._do("Gather", self._weight(step.weight), flat, out=out)
        elif step.kind == "dense":
            product = self._do("MatMul", x[0], self._weight(step.weight.T))
            self._do("Add", product, self._weight(step.bias), out=out)
        elif step.kind in ("sum", "product"):
            self._do("Add" if step.kind == "sum" else "Mul", *x, out=out)
        elif step.kind == "function" and step.name == "silu":
            self._do("Mul", x[0], self._do("Sigmoid", x[0]), out=out)
        elif step.kind == "function":
            self._do(NAMES[step.name], x[0], out=out)
        elif step.kind == "norm":
            scale = self._weight(torch.ones(self.graph.widths[out]))
            self._do("LayerNormalization", x[0], scale, out=out, axis=-1, epsilon=EPSILON)
        elif step.kind == "part":
            ends = [self._constant(np.array([v], np.int64)) for v in (*step.span, 1)]
            self._do("Slice", x[0], *ends, out=out)
        else:
            self._do("Concat", *x, out=out, axis=1)


class FloatFile:
    """A file of floating numbers, ready to run on one thread."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            MissingExtra: with the line that installs the missing package.
            CorruptError: if it is no exported graph.
        """
        self.session = opened(path)
        self.inputs = [i.name for i in self.session.get_inputs()]
        self.outputs = [o.name for o in self.session.get_outputs()]

    def __call__(self, given: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Run the graph on real numbers."""
        fed = {k: given[k.removesuffix("_given")].detach().numpy() for k in self.inputs}
        found = self.session.run(None, fed)
        return {
            k.removesuffix("_told"): torch.from_numpy(v)
            for k, v in zip(self.outputs, found, strict=True)
        }
