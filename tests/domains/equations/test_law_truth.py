"""Laws against closed forms, published numbers, and engines that share no code."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import sympy
import torch

from ingenium.core.designs import to_arrays
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.select import select
from ingenium.core.spec import Objective, Select, Spec
from ingenium.core.verify import verify
from ingenium.domains import open_problem
from ingenium.domains.equations.law import algebra, enclosure, fitting, report
from ingenium.domains.equations.law.archive import LawFit, padded
from ingenium.domains.equations.law.evaluation import Evaluator
from ingenium.domains.equations.law.formats import FormulaFiles, laws
from ingenium.domains.equations.law.genetic import LawSearch
from ingenium.domains.equations.law.grammar import SPECIALS, UnitGrammar
from ingenium.domains.equations.law.problem import pendulum
from ingenium.domains.equations.law.table import MeasuredTable, read
from ingenium.domains.equations.law.verifier import FormulaVerifier
from ingenium.domains.equations.law.written import infix, parsed
from ingenium.generators.tokens.vocabulary import END
from ingenium.kits.enclosures.enclosure import Enclosure

OPERATIONS = ("+", "-", "*", "/", "sq", "sqrt")
EXAMPLES = Path(__file__).parents[3] / "examples/equations"


@pytest.fixture(scope="module")
def table() -> MeasuredTable:
    return read(pendulum(), "period", ())


def _csv(heads: str, columns: list[np.ndarray]) -> str:
    rows = "\n".join(",".join(f"{x:.12g}" for x in row) for row in np.stack(columns, 1))
    return f"{heads}\n{rows}\n"


def _coulomb(noise: float) -> MeasuredTable:
    """Feynman I.12.2 with its constant left open: q1 q2 / (4 pi epsilon r^2)."""
    rng = np.random.default_rng(3)
    q, p, r = (rng.uniform(1, 5, 150) for _ in range(3))
    force = q * p / r**2 * (1 + noise * rng.standard_normal(150))
    unit = "charge [C],other [C],distance [m],force [N]"
    return read(_csv(unit, [q, p, r, force]), "force", ("F/m",))


def test_a_law_of_nature_is_found_exactly_without_noise() -> None:
    """The difference between the found law and Coulomb's simplifies to zero."""
    own = _coulomb(0.0)
    best = LawSearch(own, OPERATIONS, 200, 2.0, 0).drafted.front()[-1]
    known = algebra.symbols(own.language, [True] * 3)
    found = algebra.expression(best.tokens, best.constants, known, own.language)
    truth = known["charge"] * known["other"] / known["distance"] ** 2
    assert algebra.same(sympy.nsimplify(found, rational=True, tolerance=1e-9), truth)
    assert own.language.faults(best.tokens) == 0


@pytest.mark.slow
def test_noise_is_left_and_not_explained() -> None:
    own = _coulomb(0.05)
    best = LawSearch(own, OPERATIONS, 200, 2.0, 0).drafted.front()[-1]
    assert 0.01 < best.misfit < 0.2


def test_slopes_are_those_of_differences(table: MeasuredTable) -> None:
    tokens = ("c", "length", "*", "sqrt", "c", "amplitude", "sq", "*", "cos", "+")
    numbers = table.language.numbers([tokens])
    evaluator, at = Evaluator(table.language), padded([1.3, 0.4])[None]
    _, slopes = evaluator.slopes(numbers, at, table.columns)
    for k in (0, 1):
        step = torch.zeros_like(at)
        step[0, k] = 1e-6
        up, down = (evaluator.values(numbers, at + s, table.columns) for s in (step, -step))
        torch.testing.assert_close(slopes[:, k], (up - down) / 2e-6, rtol=1e-6, atol=1e-8)


def test_a_batch_is_fitted_as_each_alone(table: MeasuredTable) -> None:
    own = LawFit(table.language, table.columns, table.values)
    listed = [("c", "length", "gravity", "/", "sqrt", "*"), ("c", "length", "sqrt", "*"),
              ("c", "mass", "sin", "*", "c", "+")]  # fmt: skip
    start = torch.ones(3, 6, dtype=torch.float64)
    both = own.fit(listed, start, 30)
    for i, one in enumerate(listed):
        assert torch.equal(own.fit([one], start[i : i + 1], 30).constants[0], both.constants[i])
    assert both.constants[0, 0] == pytest.approx(2 * np.pi, rel=0.1)


def test_a_constant_near_a_simple_number_becomes_it_where_errors_are_small() -> None:
    own = _coulomb(0.0)
    fit = LawFit(own.language, own.columns, own.values * 0.25)
    tokens = ("c", "charge", "other", "*", "distance", "sq", "/", "*")
    done = fit.fit([tokens], torch.ones(1, 6, dtype=torch.float64), 30)
    assert fit.simplified(done)[0, 0] == 0.25
    rough = fitting.FittedConstants(done.constants + 1e-3, done.loss + 1.0, done.slopes)
    assert fit.simplified(rough)[0, 0] != 0.25


def test_what_the_grammar_writes_has_no_fault_of_units(table: MeasuredTable) -> None:
    grammar = UnitGrammar(table.language)
    rng = np.random.default_rng(0)
    for _ in range(30):
        state, tokens = grammar.start(1), []
        for left in range(32, 0, -1):
            ids = [END, *range(SPECIALS, SPECIALS + len(table.language.tokens))]
            rows = torch.zeros(len(ids), dtype=torch.int64)
            may = grammar.permits(state, rows, torch.tensor(ids), left).numpy()
            assert may.any(), (tokens, left)
            i = int(rng.choice(np.array(ids)[may]))
            if i == END:
                break
            tokens.append(table.language.tokens[i - SPECIALS])
            state = grammar.follow(state, torch.tensor([i]))
        assert table.language.faults(tokens) == 0
        assert table.language.whole(tokens)


def test_balls_of_flint_hold_what_enclosures_of_rising_formulas_hold(table: MeasuredTable) -> None:
    """None is returned if the box contains a pole or a root of a negative number."""
    pytest.importorskip("flint")
    sides = dict.fromkeys(table.language.names, (1.0, 1.5))
    for formula in ("sqrt(length/gravity)*2.5", "tanh(amplitude)*mass", "asin(amplitude/4.0)"):
        tokens, held = parsed(formula, table.language, {})
        ends = enclosure.by_balls(tokens, held, sides)
        box = np.array([[1.0], [1.5]]).repeat(len(sides), 1)
        found = enclosure.enclose(
            table.language, tokens, held, Enclosure.between(box[:1].T, box[1:].T)
        )
        least, most = found.low, found.high
        assert ends is not None
        assert ends[0] <= least[0] + 1e-9
        assert ends[1] >= most[0] - 1e-9
        assert ends[1] - ends[0] < 1.5 * (most[0] - least[0])
    for formula in ("1/(length - 1.2)", "sqrt(length - 1.2)"):
        tokens, held = parsed(formula, table.language, {})
        assert enclosure.by_balls(tokens, held, sides) is None


@pytest.mark.parametrize(
    ("formula", "least", "most"),
    [
        ("length", 0.0, 0.0),
        ("1/(length - 1.234567)", 1e-9, 0.01),  # a pole between two rows
        ("1/(amplitude**2 + 1)", 0.0, 0.0),
        ("sqrt(amplitude - 0.001)", 0.0, 0.0),
        ("sqrt(length - 0.2)", 0.1, 0.9),
        ("log(sin(amplitude))", 0.01, 0.9),
        ("1/(1.0 + sin(length*1000.0))", 1e-9, 1.0),
    ],
)
def test_poles_between_rows_are_not_proved_away(
    table: MeasuredTable, formula: str, least: float, most: float
) -> None:
    tokens, held = parsed(formula, table.language, {})
    found = enclosure.unproven(table.language, tokens, held, table.wide(2.0).numpy())
    assert least <= found <= most


def _measured(table: MeasuredTable, formula: str) -> dict[str, float]:
    verifier = FormulaVerifier(table, 2.0)
    tokens, held = parsed(formula, table.language, {})
    designs = laws([tokens], [held], [0])
    own = (
        Variable("law", (), "1", "law", longest=400),
        Variable("constants", ("place",), "1", "c"),
    )
    found = verifier.measure(*to_arrays(designs, own))[0].tolist()
    return dict(zip([q.name for q in verifier.quantities], found, strict=True))


def test_laws_that_differ_in_writing_alone_are_not_apart() -> None:
    problem = open_problem(Spec(problem="equations.law"))
    forms = ("6.3*sqrt(length/gravity)", "sqrt(39.69*(length/gravity))",
             "sqrt(length/gravity)/0.15873015873015873", "6.3*sqrt(length/gravity)*cos(amplitude)",
             "1/(length - length)")  # fmt: skip
    read_ = [parsed(f, problem.language, {}) for f in forms]  # type: ignore[attr-defined]
    far = problem.metric(laws([t for t, _ in read_], [c for _, c in read_], list(range(5))))(0)
    assert (far[:3] < 1e-9).all()
    assert (far[3:] > 1e-3).all()


@pytest.mark.parametrize(
    ("formula", "broken"),
    [
        ("2.006066680710647*sqrt(length)", "unit_faults"),  # a constant that hides 9.81 m/s**2
        ("sqrt(length/gravity)*6.0*(1.0 + 0.5)", "idle_constants"),
        ("sqrt(length/gravity)*6.3 + 0.0*sqrt(length/gravity)", "idle_constants"),
        ("sqrt(length/gravity)/(0.159 - 0.00995*amplitude**2)", "unproven"),
    ],
)
def test_the_red_team_is_told(table: MeasuredTable, formula: str, broken: str) -> None:
    assert _measured(table, formula)[broken] > 0


def test_a_law_that_holds_only_inside_is_told() -> None:
    """A cubic fitted to a sine in the middle of it is reported."""
    x = np.linspace(-2.2, 2.2, 200)
    own = read(_csv("angle [rad],height [1]", [x, np.sin(x)]), "height", ())
    train = own.columns[0, own.train].numpy()
    powers = np.stack([train, train**3], 1)
    a, b = np.linalg.lstsq(powers, np.sin(train), rcond=None)[0]
    found = _measured(own, f"{a}*angle + {b}*angle*angle**2".replace("+ -", "- "))
    assert found["misfit"] < 0.05
    assert found["misfit_outside"] > 2.5 * found["misfit"]


def test_the_file_of_c_computes_the_same(table: MeasuredTable, tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("apt install gcc")
    formula = "sqrt(length/gravity)*(6.25 - amplitude**2/2) - 1/exp(mass)*0.5*sqrt(length/gravity)"
    tokens, held = parsed(formula, table.language, {})
    (place,) = FormulaFiles(table).write(laws([tokens], [held], [0]), tmp_path).values()
    main = '#include <stdio.h>\n#include "law.c"\nint main(void) { printf("%.17g", '
    (place / "main.c").write_text(main + "period(1.5, 9.81, 0.25, 0.5)); return 0; }\n")
    subprocess.run([compiler, "main.c", "-o", "main", "-lm"], cwd=place, check=True)
    said = subprocess.run([place / "main"], capture_output=True, text=True, check=True).stdout
    names = dict(zip(table.language.names, (1.5, 9.81, 0.25, 0.5), strict=True))
    exact = sympy.sympify(formula, locals={n: sympy.Symbol(n) for n in names}).subs(names)
    assert float(said) == pytest.approx(float(exact), rel=1e-14)


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("length,period [s]\n1,2\n", "unit"),
        ("length [m],gravity [m/s**2],period [s]\n" +
         "".join(f"{i},9.81,{i}\n" for i in range(1, 30)), "gravity too"),
        ("length [parrots],period [s]\n" + "\n".join(f"{i},{i}" for i in range(1, 30)), "parrots"),
        ("a [m],b [cm],period [s]\n" + "\n".join(f"{i},{100 * i},{i**2}" for i in range(1, 30)),
         "times"),
        ("a [m],period [s]\n1,2\n3,4\n", "rows"),
        ("sin [m],period [s]\n" + "\n".join(f"{i},{i}" for i in range(1, 30)), "function"),
        ("a [m],period [s]\n" + "\n".join(f"{i},x" for i in range(1, 30)), "finite numbers"),
        ("lambda [m],period [s]\n" + "\n".join(f"{i},{i}" for i in range(1, 30)), "lambda_0"),
        ("c1 [m],period [s]\n" + "\n".join(f"{i},{i}" for i in range(1, 30)), "c1_0"),
        ("a [m],a [m],period [s]\n" + "1,2,3\n" * 30, "a twice"),
        ("a [dBm],period [s]\n" + "\n".join(f"{i},{i}" for i in range(1, 30)), "logarithm"),
        ("a [m],period [s]\n" + "".join(f"{i},{i}\n" for i in range(6)) * 5, "only one"),
        ("a [m],period [s]\n1,2\n", "from 12 to 20000 rows"),
        ("a [m],period [s]\n", "from 12 to 20000 rows"),
        ("a [m],period [s]\n" + "\n".join(f"{i},3" for i in range(1, 30)), "another target"),
        ("a [m],period [s]\n" + "\n".join(f"{i}e200,{i}" for i in range(1, 30)), "1e\\+100"),
        ("\n" + ",".join(f"a{i} [m]" for i in range(10_001)) + "\n1\n", "10000 columns"),
    ],
)  # fmt: skip
def test_bad_tables_are_told_what_to_write(text: str, reported: str) -> None:
    with pytest.raises(InputError, match=reported):
        open_problem(Spec(problem="equations.law", given={"table": text}))


def test_the_example_is_the_table_that_opens_without_one() -> None:
    assert (EXAMPLES / "pendulum.csv").read_text(encoding="utf-8") == pendulum()


def test_a_head_that_tells_of_other_units_is_refused(table: MeasuredTable, tmp_path: Path) -> None:
    file, law = tmp_path / "law.sympy", "period = 2.0*sqrt(length)\n"
    units = dict(zip(table.language.names, table.units, strict=True))
    about = ", ".join(f"{name} in {unit}" for name, unit in units.items())
    file.write_text(f"# a note\n# period in s, of {about}\n{law}")
    plain = FormulaFiles(table).read(file)
    for old, new in (("period in s", "period in ms"), ("length in m", "length in mm")):
        file.write_text(f"# period in s, of {about}\n{law}".replace(old, new))
        with pytest.raises(InputError, match="of other columns"):
            FormulaFiles(table).read(file)
    assert plain.sizes["design"] == 1


def test_files_run_nothing(table: MeasuredTable, tmp_path: Path) -> None:
    for text in ("__import__('os').system('x')", "length.real", "[length]", "lambda: 1",
                 "length**9", "exp(length, 2)", "x", "1e999*length", "1 if 1 else 2",
                 "-" * 900 + "length", "length*0x" + "F" * 20_000,  # deep, and huge
                 "factorial(10**9)", "True*length"):  # fmt: skip
        file = tmp_path / "law.sympy"
        file.write_text(f"period = {text}\n")
        with pytest.raises(InputError):
            FormulaFiles(table).read(file)


@pytest.mark.parametrize("names", [("R", "I", "U"), ("S", "N", "E"), ("gamma", "oo", "zeta")])
def test_names_that_sympy_and_c_own_are_written_as_other_names(
    names: tuple[str, str, str], tmp_path: Path
) -> None:
    """Ohm's law of columns R, I and U is `U = I_*R`, not R times the imaginary unit."""
    a, b, target = names
    rows = [f"{i},{j},{i * j}" for i in range(1, 6) for j in range(1, 6)]
    table = read("\n".join([f"{a} [ohm],{b} [A],{target} [V]", *rows]) + "\n", target, ())
    form = FormulaFiles(table)
    made = laws([(a, b, "*")], [()], [0])
    place = form.write(made, tmp_path)[0]
    head, _, formula = (place / "law.sympy").read_text().splitlines()[-1].partition(" = ")
    found = sympy.sympify(formula)
    assert {s.name.rstrip("_") for s in found.free_symbols} == {a, b}
    assert head.rstrip("_") == target
    assert sympy.sympify(head).is_Symbol
    assert form.read(place)["law"].values[0] == made["law"].values[0]
    code = place / "law.c"
    subprocess.run(["cc", "-fsyntax-only", "-Wall", "-Werror", str(code)], check=True)


def test_reports_show_laws_as_people_write_them(table: MeasuredTable) -> None:
    """A LaTeX fraction needs no brackets in a product, but does in a square."""
    tokens = ("c", "length", "gravity", "/", "*", "c", "+")
    designs = laws([tokens], [(2.5, -0.25)], [0])
    assert report.infix(table, designs) == ("2.5*(length/gravity) - 0.25",)
    plain = infix(("length", "gravity", "/", "mass", "*"), (), "latex")
    assert plain == r"\frac{length}{gravity} \, mass"
    turned = infix(("mass", "length", "gravity", "/", "*"), (), "latex")
    assert turned == r"mass \, \frac{length}{gravity}"
    assert r"\right)^2" in infix(("length", "gravity", "/", "sq"), (), "latex")


def test_a_law_in_several_spellings_is_one_design_and_the_simplest_is_exported() -> None:
    """The longest spelling fits better by a rounding error, and a fourth law is another."""
    problem = open_problem(Spec(problem="equations.law"))
    simple = ("c", "length", "gravity", "/", "sqrt", "*")
    other = ("c", "length", "sqrt", "gravity", "sqrt", "/", "*")
    inside = ("c", "length", "*", "gravity", "/", "sqrt")
    constants = [(6.3 + 1e-10,), (6.3,), (6.3**2,), (6.4,)]
    designs = laws([simple, other, inside, simple], constants, [0, 1, 2, 3])
    assert problem.equal(designs).tolist() == [0, 0, 0, 3]
    verdicts = verify(
        designs, problem.verifier, (), variables=problem.variables, sizes=problem.sizes
    )
    verdicts["misfit"].to_numpy()[:] = [0.1, 0.1 - 1e-9, 0.1, 0.2]
    ranked = [Objective("misfit", "minimise")]
    assert verdicts["complexity"].to_numpy().tolist() == [6, 7, 6, 6]
    assert select(problem, ranked, Select(), designs, verdicts).tolist() == [0, 3]
