"""Outlines against closed forms, invalid sketches, and limits of the device."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ingenium.core.designs import to_arrays
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.problem import Problem
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.edge.doodle import trained
from ingenium.domains.edge.doodle.data import KINDS, WORDS, icons
from ingenium.domains.edge.doodle.formats import SketchSvg, read_path, sketches, svg
from ingenium.domains.edge.doodle.grammar import SketchGrammar
from ingenium.domains.edge.doodle.paths import fewer, polylines
from ingenium.domains.edge.doodle.strokes import (
    STEPS,
    moved,
    strokes_of,
    vocabulary,
    word_of,
    written,
)
from ingenium.edge.artifact import HEADER, SOURCE, SmallGenerator

FRAME = svg("<heart>").partition("<title>")[0] + "{}</svg>"
LEFT = '<title>heart</title><path d="M4 4L20 4"/>'


@pytest.fixture(scope="module")
def problem() -> Problem:
    return open_problem(Spec("edge.doodle"))


def measured(problem: Problem, text: str) -> dict[str, float]:
    found = problem.verifier.measure(*to_arrays(sketches([text], [0]), problem.variables))
    return dict(zip((q.name for q in problem.quantities), found[0].tolist(), strict=True))


def test_arcs_lie_on_their_circles() -> None:
    (half,) = polylines("M3 12a9 9 0 0 1 18 0")
    assert np.hypot(half[:, 0] - 12, half[:, 1] - 12) == pytest.approx(9.0)
    assert half[:, 1].min() < 4  # over the top, by flags of 0 and 1
    (large,) = polylines("M12 3A9 9 0 1 0 21 12")
    assert np.hypot(large[:, 0] - 12, large[:, 1] - 12) == pytest.approx(9.0)
    assert large[:, 0].min() == pytest.approx(3.0, abs=0.2)


def test_curves_end_where_they_say_and_pass_their_middle() -> None:
    (curve,) = polylines("M0 0c0 4 4 4 4 0")
    assert curve[-1].tolist() == [4.0, 0.0]
    assert curve[len(curve) // 2] == pytest.approx([2.0, 3.0])
    (smooth,) = polylines("M0 0q2 4 4 0t4 0")
    assert smooth[:, 1].min() == pytest.approx(-2.0)  # the handle is reflected


def test_points_that_a_line_replaces_are_left_out() -> None:
    x = np.linspace(0, 10, 11)
    assert len(fewer(np.stack([x, 0 * x], 1), 0.1)) == 2
    bent = np.stack([x, np.abs(x - 5)], 1)
    assert fewer(bent, 0.1)[:, 0].tolist() == [0, 5, 10]


def test_icons_are_sketches_that_have_room() -> None:
    for words in KINDS.values():
        own = icons(words)
        codes = vocabulary(words).encode([i.text for i in own])
        assert max(map(len, codes)) < STEPS
        assert {word_of(i.text) for i in own} == set(words)
        assert all(written(i.kind, strokes_of(i.text)) == i.text for i in own)
    assert moved(icons(WORDS)[0].text, 30, 0) is None


@pytest.mark.parametrize(
    "inside",
    [
        '<title>heart</title><path d="M4 4C8 8 9 9 20 4"/>',  # a curve
        '<title>heart</title><path d="M4 4L40 4"/>',  # off the paper
        '<title>heart</title><path d="M4.5 4L20 4"/>',  # between points
        '<title>heart</title><path d="M4 4L20"/>',
        '<title>heart</title><path d="L20 4"/>',
        f'<g transform="scale(2)">{LEFT}</g>',  # other than what is measured
        f'{LEFT}<circle r="4"/>',
        f"{LEFT}<title>mail</title>",
        '<title>heart</title><path d="M4 4L20 4" stroke="none"/>',  # ink that is not there
        "<title>heart &amp; more</title>",
    ],
)
def test_what_no_pen_draws_is_refused(inside: str, tmp_path: Path) -> None:
    path = tmp_path / "sketch_00000.svg"
    path.write_text(FRAME.format(inside))
    with pytest.raises(InputError):
        SketchSvg().read(path)


def test_other_boxes_pens_and_entities_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "sketch_00000.svg"
    whole = svg("<heart>eete")
    for old, new in (
        ("0 0 24 24", "0 0 48 48"),
        ('stroke-width="2"', 'stroke-width="9"'),
        ("<svg", '<!DOCTYPE x [<!ENTITY a "b">]><svg'),
        ("</svg>", ""),
    ):
        path.write_text(whole.replace(old, new))
        with pytest.raises(InputError):
            SketchSvg().read(path)


@pytest.mark.parametrize(
    "d", ["M" + 5000 * "1", "M" + 2000 * "4 4 ", "M4 4L" + 9000 * " ", "M4 4" + 3000 * ","]
)
def test_what_is_almost_a_path_is_refused_at_once(d: str) -> None:
    """Damaged files of the fuzzer hung in it: each digit doubled the ways to read it."""
    with pytest.raises(InputError):
        read_path(f"{d}x", "a sketch")


def test_a_copy_is_known_wherever_it_lies(problem: Problem) -> None:
    icon = next(i for i in icons(WORDS) if not i.held_out and moved(i.text, 1, 1))
    for text in (icon.text, moved(icon.text, 1, 1)):
        assert text is not None
        assert measured(problem, text)["copy"] == pytest.approx(1.0)
    other = written(icon.kind, [np.array([(2, 2), (22, 22)])])
    assert measured(problem, other)["copy"] < 0.7


def test_tables_tell_sketches_by_their_strokes(problem: Problem) -> None:
    designs = sketches(["<tag>bbxx xbbx", "<tag>bbxx"], [0, 1])
    assert problem.in_table("sketch", designs) == ("2 strokes", "1 stroke")


def test_a_scrawl_is_not_recognised_and_nothing_has_no_answer(problem: Problem) -> None:
    rng = np.random.default_rng(0)
    wrong = [
        measured(problem, written(w, [rng.integers(2, 23, (12, 2))]))["recognised"] for w in WORDS
    ]
    assert np.mean(wrong) < 0.2
    for text in ("<heart>", "<dragon>eett", "eett"):
        assert np.isnan(list(measured(problem, text).values())).all()


def test_first_strokes_are_gone_on_from() -> None:
    begun = read_path("M4 7h16v12", "a test")
    words = vocabulary(WORDS)
    text = written("", begun).removeprefix("<>")
    grammar = SketchGrammar.of(words, len(WORDS), text)
    family = trained.network(WORDS, grammar)
    cond = torch.eye(len(WORDS))[:8]
    made = trained.codec(WORDS).to_texts(family.propose(cond, torch.Generator().manual_seed(0)))
    for sketch in made:
        assert word_of(sketch) in WORDS
        assert np.array_equal(strokes_of(sketch)[0][:3], begun[0])
        assert not sketch.endswith(" ")
        assert "  " not in sketch
    with pytest.raises(InputError, match="straight lines"):
        open_problem(Spec("edge.doodle", given={"first": "M4 4c1 1 2 2 3 3"}))
    with pytest.raises(InputError, match="whole points"):
        open_problem(Spec("edge.doodle", given={"first": "M4 4L99 4"}))


def test_both_pens_hold_what_the_device_allows() -> None:
    """Limits of 512 kB for two, and 50 ms for the longest possible sketch."""
    flash = 0.0
    for kind in KINDS:
        record = trained.record(kind)
        assert record is not None
        own = record["measured"]
        flash += own["flash"]["value"]
        calls = record["graphs"]["step"]["calls"]
        assert own["latency"]["value"] * STEPS / calls <= 0.05
        assert record["verdict"] == "accepted"
        assert record["board"]["equal"]
    assert flash <= 512_000


def test_a_file_that_was_not_judged_draws_nothing(tmp_path: Path) -> None:
    for file in trained.place("subjects").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    spoiled = bytearray((tmp_path / "step.onnx").read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    (tmp_path / "step.onnx").write_bytes(bytes(spoiled))
    with pytest.raises(CorruptError, match="not the file that was judged"):
        SmallGenerator.open(tmp_path, without=(SOURCE, HEADER))
    (tmp_path / SmallGenerator.file).unlink()
    with pytest.raises(InputError, match="ingenium edge fit"):
        SmallGenerator.open(tmp_path, without=(SOURCE, HEADER))
