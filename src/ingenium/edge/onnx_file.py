"""The graph as an ONNX file of integers, and its results when that file is read back.

Shapes: n rows, w numbers of a signal.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from ingenium.core.errors import CorruptError
from ingenium.core.folders import write_atomic
from ingenium.core.packages import Extra
from ingenium.core.reading.files import content
from ingenium.edge.integer import (
    CODES,
    ENTRIES,
    MOST,
    SPARE,
    ByteCode,
    Dense,
    IntegerGraph,
    Joined,
    Lookup,
    Norm,
    Operator,
    Product,
    Rows,
    Slice,
    Sum,
)

EXTRA = Extra("edge")
OPSET = 21  # from which there are weights of 4 bits
ABOVE = 62  # bits of what makes a number positive, so that a division rounds down
NARROW = 30  # those of 32-bit numbers
SAFE = 16  # shift up to which these fit a half too
LIMIT = 2**31 - 1  # bytes of a file


def write(graph: IntegerGraph, path: Path) -> None:
    """Export a graph; inputs and outputs are 32-bit integers, row numbers 64-bit ones.

    Raises:
        MissingExtra: with the line that installs the missing package.
    """
    onnx = EXTRA.package("onnx")
    write_atomic(path, _Writer(onnx, graph).model().SerializeToString())


class _Writer:
    """One graph during its conversion to ONNX."""

    def __init__(self, onnx: Any, graph: IntegerGraph) -> None:
        self.onnx, self.graph = onnx, graph
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}
        self.cached: dict[bytes, str] = {}
        self.is64: set[str] = set()

    def model(self) -> Any:
        """The whole file."""
        helper, types = self.onnx.helper, self.onnx.TensorProto
        for op in self.graph.operators:
            self._operator(op)
        g = self.graph

        def reported(name: str) -> Any:
            kind = types.INT64 if name in g.indices else types.INT32
            return helper.make_tensor_value_info(name, kind, ["n", g.widths[name]])

        graph = helper.make_graph(
            self.nodes,
            g.name,
            [reported(n) for n in g.inputs],
            [reported(n) for n in g.outputs],
            list(self.constants.values()),
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = 10
        places = {f"places_{k}": str(v) for k, v in g.places.items()}
        ties = {f"tie_{k}": v for k, v in g.ties.items()}
        helper.set_model_props(model, places | ties)
        return model

    def _constant(self, value: np.ndarray | np.generic) -> str:
        value = np.ascontiguousarray(value)
        key = value.tobytes() + str((value.dtype, value.shape)).encode()
        if key not in self.cached:
            self.cached[key] = name = f"k{len(self.constants)}"
            self.constants[name] = self.onnx.numpy_helper.from_array(value, name)
        return self.cached[key]

    def _do(self, kind: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        out = out or f"t{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def _wide(self, x: str) -> str:
        return self._do("Cast", x, to=self.onnx.TensorProto.INT64)

    def _each(self, x: str, shift: Int[np.ndarray, " o"]) -> str:
        """Shift each output down by its own bits, stored as bytes; powers are computed on opening.

        Division truncates towards zero, so the number is made positive before.
        """
        powers = self._constant(np.int64(1) << np.arange(ABOVE + 1, dtype=np.int64))
        own = self._wide(self._constant(shift.astype(np.uint8)))
        one, most = (self._constant(np.array(v, np.int64)) for v in (1, ABOVE))
        half = self._do("Gather", powers, self._do("Sub", own, one))
        back = self._do("Gather", powers, self._do("Sub", most, own))
        more = self._do("Add", half, self._constant(np.array(1 << ABOVE, np.int64)))
        cut = self._do("Div", self._do("Add", x, more), self._do("Gather", powers, own))
        return self._do("Sub", cut, back)

    def _down(self, x: str, shift: int, bits: int = ABOVE) -> str:
        """Shift down to the nearest, halves up, for 64-bit numbers, or 32-bit ones with 30 bits.

        Division truncates towards zero, so the number is made positive before.
        """
        kind = np.int64 if bits == ABOVE else np.int32
        s = np.asarray(shift, np.int64)
        if bits == NARROW and s > SAFE:  # a half and 2 ** 30 would pass 32 bits
            return self._do(
                "Cast", self._down(self._wide(x), shift), to=self.onnx.TensorProto.INT32
            )
        if s <= 0:
            return self._do("Mul", x, self._constant((1 << -s).astype(kind)))
        more = (np.int64(1) << np.int64(bits)) + (np.int64(1) << (s - 1))
        lifted = self._do("Add", x, self._constant(more.astype(kind)))
        cut = self._do("Div", lifted, self._constant((np.int64(1) << s).astype(kind)))
        return self._do("Sub", cut, self._constant((np.int64(1) << (bits - s)).astype(kind)))

    def _held(self, x: str, out: str, wide: bool = True) -> None:
        """Clip to 16 bits, as 32-bit numbers."""
        kind = np.int64 if wide else np.int32
        ends = [self._constant(np.array(v, kind)) for v in (-MOST, MOST)]
        if not wide:
            self._do("Clip", x, *ends, out=out)
            return
        self._do("Cast", self._do("Clip", x, *ends), out=out, to=self.onnx.TensorProto.INT32)

    def _operator(self, op: Operator) -> None:
        if isinstance(op, Rows):
            table = self._constant(op.table.astype(np.int8))
            flat = self._do("Reshape", op.x, self._constant(np.array([-1], np.int64)))
            row = self._do("Gather", table, flat)
            self._do("Cast", row, out=op.out, to=self.onnx.TensorProto.INT32)
        elif isinstance(op, ByteCode):
            self._code(op)
        elif isinstance(op, Dense):
            self._dense(op)
        elif isinstance(op, Sum):
            both = [
                self._do("Mul", x, self._constant(np.array(1 << up, np.int32)))
                for x, up in zip((op.x, op.y), op.up, strict=True)
            ]
            self._held(self._down(self._do("Add", *both), op.down, NARROW), op.out, wide=False)
        elif isinstance(op, Product):
            self._held(self._down(self._do("Mul", op.x, op.y), op.down, NARROW), op.out, wide=False)
        elif isinstance(op, Lookup):
            place = self._do(
                "Add",
                self._down(op.x, op.down, NARROW),
                self._constant(np.array(ENTRIES // 2, np.int32)),
            )
            ends = [self._constant(np.array(v, np.int32)) for v in (0, ENTRIES - 1)]
            found = self._do(
                "Gather", self._constant(op.table.astype(np.int16)), self._do("Clip", place, *ends)
            )
            self._do("Cast", found, out=op.out, to=self.onnx.TensorProto.INT32)
        elif isinstance(op, Norm):
            self._norm(op)
        elif isinstance(op, Slice):
            ends = [self._constant(np.array([v], np.int64)) for v in (op.start, op.stop, 1)]
            self._do("Slice", op.x, *ends, out=op.out)
        else:
            self._joined(op)

    def _code(self, op: ByteCode) -> None:
        wide = self._do("Mul", self._wide(op.x), self._constant(np.array(op.factor, np.int64)))
        zero = self._constant(np.array(op.zero, np.int64))
        ends = [self._constant(np.array(v, np.int64)) for v in CODES]
        near = self._do("Clip", self._do("Add", self._down(wide, op.shift), zero), *ends)
        # Unsigned codes: some processors add pairs of signed ones with saturation.
        lifted = self._do("Add", near, self._constant(np.array(-CODES[0], np.int64)))
        self._do("Cast", lifted, out=op.out, to=self.onnx.TensorProto.UINT8)

    def _dense(self, op: Dense) -> None:
        zeros = [self._constant(np.array(128, np.uint8))]
        if op.bits == 8:
            weight = self._constant((op.weight.astype(np.int16).T + 128).astype(np.uint8))
            zeros.append(self._constant(np.array(128, np.uint8)))
        else:
            weight = self._unpacked(op)
            zeros.append(self._constant(np.array(0, np.int8)))
        exact = self._do("MatMulInteger", op.x, weight, *zeros)
        bias, factor = (self._constant(v.astype(np.int32)) for v in (op.bias, op.factor))
        sums = self._do("Add", self._wide(exact), self._wide(bias))
        wide = self._do("Mul", sums, self._wide(factor))
        self._held(self._each(wide, op.shift), op.out)

    def _unpacked(self, op: Dense) -> str:
        """Unpack 4-bit weights, two in a byte, to 8-bit ones."""
        own = op.weight.T.ravel().astype(np.int16) & 15
        low, high = own[::2], np.append(own[1::2], np.zeros(len(own) % 2, np.int16))
        name = f"k{len(self.constants)}"
        self.constants[name] = self.onnx.TensorProto(
            name=name,
            data_type=self.onnx.TensorProto.INT4,
            dims=op.weight.T.shape,
            raw_data=(low | high << 4).astype(np.uint8).tobytes(),
        )
        return self._do("Cast", name, to=self.onnx.TensorProto.INT8)

    def _norm(self, op: Norm) -> None:
        x, one = self._wide(op.x), self._constant(np.array([1], np.int64))
        many = self._do("Mul", x, self._constant(np.array(self.graph.widths[op.x], np.int64)))
        total = self._do("ReduceSum", x, one, keepdims=1)
        off = self._down(self._do("Sub", many, total), op.down)
        squares = self._do("ReduceSum", self._do("Mul", off, off), one, keepdims=1)
        spare = self._do("Mul", squares, self._constant(np.array(1 << SPARE, np.int64)))
        real = self._do("Cast", spare, to=self.onnx.TensorProto.DOUBLE)
        root = self._wide(self._do("Floor", self._do("Sqrt", real)))
        least = self._do("Max", root, self._constant(np.array(1, np.int64)))
        inverse = self._do("Div", self._constant(np.array(op.factor, np.int64)), least)
        self._held(self._down(self._do("Mul", off, inverse), 20), op.out)

    def _joined(self, op: Joined) -> None:
        parts = list[str]()
        for x, shift in zip(op.xs, op.downs, strict=True):
            name = f"{op.out}_{len(parts)}"
            self._held(self._down(x, shift, NARROW), name, wide=False)
            parts.append(name)
        self._do("Concat", *parts, out=op.out, axis=1)


class GraphFile:
    """An exported file, ready to run on one thread."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            MissingExtra: with the line that installs the missing package.
            CorruptError: if it is no exported graph.
        """
        self.session = opened(path)
        about = self.session.get_modelmeta().custom_metadata_map
        try:
            self.places = _reported(about, "places_", int)
            self.ties = _reported(about, "tie_", str)
        except ValueError as error:
            raise _foreign(path, error) from error
        self.inputs = {i.name: int(i.shape[1]) for i in self.session.get_inputs()}
        self.outputs = tuple(o.name for o in self.session.get_outputs())

    def run(self, given: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Run the graph on integers."""
        kinds = {k: np.int32 if k in self.places else np.int64 for k in self.inputs}
        fed = {k: np.ascontiguousarray(given[k], kinds[k]) for k in self.inputs}
        return dict(zip(self.outputs, self.session.run(None, fed), strict=True))


def opened(path: Path) -> Any:
    """A session of ONNX Runtime on one thread.

    Raises:
        MissingExtra: with the line that installs the missing package.
        CorruptError: if it is no ONNX file.
    """
    runtime = EXTRA.package("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    data = content(path, "a compressed generator's ONNX file", most=LIMIT)
    try:
        return runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # of a private class of the runtime
        raise _foreign(path, error) from error


def _foreign(path: Path, error: Exception) -> CorruptError:
    return CorruptError(str(path), f"is no ONNX file of ours ({error})", "Fit it again.")


def _reported(about: Mapping[str, str], head: str, kind: Any) -> dict[str, Any]:
    return {k.removeprefix(head): kind(v) for k, v in about.items() if k.startswith(head)}
