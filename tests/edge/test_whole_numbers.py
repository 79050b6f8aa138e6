"""Integers against floating-point numbers, ONNX Runtime and a board that runs the C."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from edge_nets import Case, case, rows, writer

from ingenium.core.errors import CorruptError, EngineError, InputError
from ingenium.edge import board, onnx_file
from ingenium.edge.c_source import EACH, fused
from ingenium.edge.compressing import Compressed, equal_on_board
from ingenium.edge.integer import MOST, ByteCode, Dense, IntegerGraph, Product, rounded
from ingenium.edge.parts import Recorder, part_of
from ingenium.edge.quantise import Scheme, codes_of, quantised
from ingenium.edge.recipe import CompressionRecipe
from ingenium.generators import families

needs_board = pytest.mark.skipif(bool(board.missing()), reason=board.missing())
CASES: dict[str, tuple[Callable[[], torch.nn.Module], str]] = {
    "tokens": (writer, "step"),
    "diffusion": (lambda: rows("diffusion"), "denoise"),
    "vae": (lambda: rows("vae"), "decode"),
}


@pytest.fixture(scope="module", params=[(n, b) for n in CASES for b in (8, 4)], ids=str)
def made(request: pytest.FixtureRequest) -> Case:
    name, bits = request.param
    make, graph = CASES[name]
    return case(make(), graph, Scheme(bits))


def test_graphs_are_the_networks_that_they_come_from() -> None:
    """A family that calls graphs in floating point proposes what it proposes itself."""
    for family in (writer(), rows("diffusion"), rows("vae")):
        found = part_of(family, "toy")
        seated = found.seated(family, {k: g.run for k, g in found.graphs(family).items()})
        cond = torch.linspace(-1, 1, 40).reshape(20, 2)
        both = [f.propose(cond, torch.Generator().manual_seed(3)) for f in (family, seated)]  # type: ignore[operator]
        torch.testing.assert_close(both[1], both[0], rtol=1e-4, atol=1e-4)


def test_whole_numbers_are_near_floating_ones(made: Case) -> None:
    exact, whole = made.graph.run(made.seen), made.made.run(made.given)
    bits = next(op.bits for op in made.made.operators if isinstance(op, Dense))
    for name in made.made.outputs:
        distance = whole[name] * 2.0 ** -made.made.places[name] - exact[name].numpy()
        spread = float(exact[name].std())
        assert float(np.sqrt(np.square(distance).mean())) < (0.1 if bits == 8 else 0.6) * spread


def test_the_file_says_the_same_numbers(made: Case, tmp_path: Path) -> None:
    path = tmp_path / "graph.onnx"
    onnx_file.write(made.made, path)
    file = onnx_file.GraphFile(path)
    assert file.places == dict(made.made.places)
    assert file.ties == dict(made.made.ties)
    found, exact = file.run(made.given), made.made.run(made.given)
    for name in made.made.outputs:
        np.testing.assert_array_equal(found[name], exact[name])


def largest(down: int) -> IntegerGraph:
    """A product, shifted down."""
    places = {"x": 14, "y": 14, "z": 28 - down}
    ends = dict.fromkeys(places, 4), places, ("x", "y"), {}, ("z",), {}
    return IntegerGraph("largest", *ends, (Product("z", "x", "y", down),))


def test_a_file_that_says_other_numbers_than_its_graph_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Compressed(CompressionRecipe(), torch.nn.Identity(), {"largest": largest(20)})
    assert set(own.write(tmp_path)) == {"largest"}
    monkeypatch.setattr(onnx_file, "SAFE", 99)  # as if 32 bits were always enough
    with pytest.raises(EngineError, match="says other numbers than its graph"):
        own.write(tmp_path)


@pytest.mark.parametrize("down", [16, 17, 20])
def test_the_file_of_a_product_of_the_largest_numbers_does_not_pass_32_bits(
    down: int, tmp_path: Path
) -> None:
    graph = largest(down)
    onnx_file.write(graph, tmp_path / "graph.onnx")
    x = np.array([[MOST, MOST, -MOST, MOST - 7]])
    given = {"x": x, "y": np.array([[MOST, -MOST, -MOST, MOST - 7]])}
    found = onnx_file.GraphFile(tmp_path / "graph.onnx").run(given)["z"]
    np.testing.assert_array_equal(found, graph.run(given)["z"])
    assert found[0, 0] == 2 ** (30 - down) - (down == 16)  # by hand, in the places of z


@needs_board
def test_the_board_says_the_same_numbers_and_counts_them_alike(made: Case) -> None:
    given = [{k: v[i : i + 1] for k, v in made.given.items()} for i in range(3)]
    first, second = board.run(made.made, given), board.run(made.made, given)
    assert equal_on_board(made.made, given, first)
    assert first.instructions == second.instructions > made.made.products
    wrong = dataclasses.replace(first, outputs={k: v + 1 for k, v in first.outputs.items()})
    assert not equal_on_board(made.made, given, wrong)


@needs_board
def test_plain_c_without_pairs_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "FLAGS", f"{board.FLAGS} -U__ARM_FEATURE_SIMD32")
    for bits in (8, 4):
        own = case(writer(), "step", Scheme(bits))
        given = [{k: v[:1] for k, v in own.given.items()}] * 2
        assert equal_on_board(own.made, given, board.run(own.made, given))


@needs_board
def test_fused_operators_say_the_same_in_less_memory() -> None:
    own = case(writer(), "step", Scheme())
    given = [{k: v[:1] for k, v in own.given.items()}] * 2
    distance, together = (board.run(own.made, given, fusions=kinds) for kinds in ((), tuple(EACH)))
    assert equal_on_board(own.made, given, together)
    assert together.instructions < 1.01 * distance.instructions
    assert together.ram_bytes < 0.8 * distance.ram_bytes


def test_what_two_operators_read_or_an_output_is_keeps_its_place() -> None:
    """Only the product `once` is read by one elementwise operator."""
    operators = (
        Product("twice", "x", "x", 14),
        Product("once", "twice", "x", 14),
        Product("told", "twice", "once", 14),
        Product("end", "told", "x", 14),
    )
    places = dict.fromkeys(("x", *(op.out for op in operators)), 14)
    ends = dict.fromkeys(places, 4), places, ("x",), {}, ("told", "end"), {}
    graph = IntegerGraph("shared", *ends, operators)
    assert set(fused(graph, ["product"])) == {"once"}
    assert fused(graph, ["sum", "function"]) == {}


def test_halves_are_rounded_up_on_both_sides_of_zero() -> None:
    found = rounded(np.array([-3, -2, -1, 1, 2, 3]), 1)
    assert found.tolist() == [-1, -1, 0, 1, 1, 2]
    assert rounded(np.array([3, -3]), -2).tolist() == [12, -12]


def test_a_scale_for_each_output_misses_less() -> None:
    weight = torch.randn(8, 30, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    weight *= torch.logspace(-2, 0, 8)[:, None]
    missed = {}
    for each in (True, False):
        whole, steps = codes_of(weight, Scheme(8, per_channel=each))
        missed[each] = np.abs(whole * steps[:, None] - weight.numpy()).mean(1)
    assert (missed[True][:-1] < missed[False][:-1]).all()


def test_zero_points_use_the_whole_range_of_what_is_not_symmetric() -> None:
    family = rows("vae")
    missed = {}
    for zero in (True, False):
        own = case(family, "decode", Scheme(8, zero_points=zero))
        codes = [op for op in own.made.operators if isinstance(op, ByteCode)]
        assert any(op.zero for op in codes) is zero
        exact, whole = own.graph.run(own.seen)["out"].numpy(), own.made.run(own.given)["out"]
        missed[zero] = np.square(whole * 2.0 ** -own.made.places["out"] - exact).mean()
    assert missed[True] < missed[False]


def test_what_is_not_finite_calibrates_nothing() -> None:
    own = case(writer(), "step", Scheme())
    spoiled = dict(own.seen)
    spoiled["told"] = spoiled["told"].clone()
    spoiled["told"][3, 2] = torch.nan
    with pytest.raises(InputError, match=r"1 that are not, in told.*Leave such rows out"):
        quantised(own.graph, spoiled, Scheme())


def test_weights_that_are_not_finite_are_told() -> None:
    family: Any = rows("vae")
    own = case(family, "decode", Scheme())
    with torch.no_grad():
        family.decode.leave.linear.weight[0, 0] = torch.inf
    broken = part_of(family, "toy").graphs(family)["decode"]
    with pytest.raises(InputError, match=r"that are not, in out.*its weights are not finite"):
        quantised(broken, own.seen, Scheme())


def test_what_no_device_runs_is_named_with_a_way_around() -> None:
    from ingenium.generators.tokens.families import transformer

    writing: Any = writer()
    tokens = writing.tokens
    attending = transformer((12,), 2, tokens, width=48, layers=1)
    with pytest.raises(InputError, match=r"attention, in Transformer.*--family lstm"):
        part_of(attending, "autoregressive")
    series = families.build("flow_matching", (2, 24), 2)
    with pytest.raises(InputError, match=r"attention.*principal_flow_matching"):
        part_of(series, "flow_matching")
    with pytest.raises(InputError, match="bootstrap, which has none"):
        part_of(families.build("bootstrap", (3,), 2), "bootstrap")


def test_a_missing_compiler_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(EngineError, match="apt-get install gcc-arm-none-eabi qemu-system-arm"):
        board.require()


def test_a_spoiled_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "graph.onnx"
    path.write_bytes(b"no file")
    with pytest.raises(CorruptError, match="no ONNX file of ours"):
        onnx_file.GraphFile(path)


def test_a_recorder_keeps_what_was_asked() -> None:
    own = case(writer(), "step", Scheme())
    recorder = Recorder(own.graph)
    recorder({k: v[:5] for k, v in own.seen.items()})
    recorder({k: v[5:7] for k, v in own.seen.items()})
    assert recorder.rows == 7
    assert torch.equal(recorder.seen()["told"], own.seen["told"][:7])
