"""No `[setup]` of any problem ignores an unknown entry, at any depth."""

import tomllib
import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.setups import comments, entries
from ingenium.core.spec import as_table, load, parse
from ingenium.domains import load as domain
from ingenium.domains import own, problem_class

EXAMPLES = Path(__file__).parents[2] / "examples"
PROBLEMS = [f"{field}.{short}" for field in own() for short in domain(field).problems]
MADE_UP = "nobody_knows_this"


def inner(kind: Any) -> Iterator[tuple[type, bool]]:
    """Dataclasses in a type, and whether they are in a list."""
    if is_dataclass(kind) and isinstance(kind, type):
        yield kind, False
    listed = typing.get_origin(kind) in (tuple, list)
    for part in typing.get_args(kind):
        for found, deeper in inner(part):
            yield found, listed or deeper


def tables(kind: type) -> Iterator[tuple[tuple[str, ...], type, Any]]:
    """Nested tables of settings: keys, their class, and the setup with `{}` there."""
    for name, hint in typing.get_type_hints(kind).items():
        if name not in {f.name for f in fields(kind)}:
            continue
        for found, listed in inner(hint):
            yield (name,), found, (lambda t, n=name, s=listed: {n: [t] if s else t})
            for keys, deep, wrap in tables(found):
                yield (
                    (name, *keys),
                    deep,
                    (lambda t, n=name, s=listed, w=wrap: {n: [w(t)] if s else w(t)}),
                )


NESTED = [
    pytest.param(name, keys, kind, wrap, id=f"{name}-{'.'.join(keys)}")
    for name in PROBLEMS
    for keys, kind, wrap in tables(problem_class(name).Settings)
]


def read(name: str, setup: Mapping[str, Any]) -> Any:
    return parse(setup, problem_class(name).Settings, f"a spec of {name}", under=("setup",))


def test_there_are_nested_tables_to_ask() -> None:
    requested = {(p.values[0], p.values[1]) for p in NESTED}
    assert ("structures.bracket", ("material",)) in requested
    assert ("structures.bracket", ("cases",)) in requested
    assert ("airfoils.section", ("points",)) in requested
    assert len(requested) >= 15


@pytest.mark.parametrize("name", PROBLEMS)
def test_an_unknown_entry_of_a_setup_is_refused(name: str) -> None:
    known = [f.name for f in fields(problem_class(name).Settings)]
    typo = [*known, "entry"][0] + "s"  # some have no entries
    with pytest.raises(InputError) as caught:
        read(name, {typo: 1})
    assert f'"setup.{typo}"' in str(caught.value)
    assert not known or f"{known[0]} for {typo}" in str(caught.value)
    assert all(k in str(caught.value) for k in known)


@pytest.mark.parametrize("name", PROBLEMS)
def test_each_entry_of_a_setup_says_what_it_is(name: str) -> None:
    kind = problem_class(name).Settings
    every = [kind, *(deep for _, deep, _ in tables(kind))]
    opened = {keys for keys, _, _ in tables(kind)}
    bare = [f"{k.__name__}.{f.name}" for k in every for f in fields(k) if f.name not in comments(k)]
    inner = {k[-1] for k in opened}
    assert [entry for entry in bare if entry.partition(".")[2] not in inner] == []


@pytest.mark.parametrize(("name", "keys", "kind", "wrap"), NESTED)
def test_an_unknown_entry_of_any_table_in_it_is_refused(
    name: str, keys: tuple[str, ...], kind: type, wrap: Any
) -> None:
    known = [f.name for f in fields(kind)]
    typo = known[0] + "s"
    with pytest.raises(InputError) as caught:
        read(name, wrap({typo: 1, MADE_UP: 1}))
    reported = str(caught.value)
    assert "unknown entries" in reported
    assert typo in reported
    assert MADE_UP in reported
    assert f"{known[0]} for {typo}" in reported
    assert all(k in reported for k in known)


def needed(kind: type) -> list[str]:
    both = (MISSING, MISSING)
    return [f.name for f in fields(kind) if (f.default, f.default_factory) == both]


@pytest.mark.parametrize(
    ("name", "keys", "kind", "wrap"), [p for p in NESTED if needed(p.values[2])]
)
def test_what_a_table_needs_is_said(
    name: str, keys: tuple[str, ...], kind: type, wrap: Any
) -> None:
    with pytest.raises(InputError) as caught:
        read(name, wrap({}))
    assert all(n in str(caught.value) for n in needed(kind))


@pytest.mark.parametrize(
    ("name", "setup", "parts"),
    [
        (
            "structures.bracket",
            'material = { name = "17-4PH", E = 196e9, nu = 0.27, density = 7800 }',
            ['"setup.material.E"', '"setup.material.nu"', "modulus_pa", "density_kg_m3 for"],
        ),
        (
            "structures.bracket",
            "material = { modulus_pa = 196e9 }",
            ["setup.material.poisson", "setup.material.density_kg_m3", "setup.material.yield_pa"],
        ),
        (
            "structures.bracket",
            "material = { modulus_pa = 114, poisson = 0.34, density_kg_m3 = 4430, "
            "yield_pa = 880e6, price_per_kg = 300 }",
            ["setup.material.modulus_pa", "got 114.", "114e9 Pa"],
        ),
        (
            "structures.bracket",
            "material = { modulus_pa = 114e9, poisson = 0.34, density_kg_m3 = 4.43, "
            "yield_pa = 880e6, price_per_kg = 300 }",
            ["setup.material.density_kg_m3", "Did you mean 4430 kg/m³?"],
        ),
        (
            "structures.bracket",
            "material = { modulus_pa = 114e9, poisson = 0.34, density_kg_m3 = 4430, "
            "yield_pa = 880e6 }",
            ["price", "price_per_kg = 75.0 under [setup.material]"],
        ),
        (
            "structures.bracket",
            '[[cases]]\nname = "up"\nforce_n = [0, 0, 1e4]\n'
            '[[cases]]\nname = "turn"\nmoment = [0, 0, 180]',
            ['"moment in the second [[setup.cases]]"', "moment_nm for moment"],
        ),
        ("structures.bracket", "making = { number = 64 }", ['"setup.making.number"', "designs"]),
        (
            "structures.minimum_compliance",
            "material = { modulus_pa = 70e9, poisson = 0.3, density_kg_m3 = 2700, yield_pa = 2e8 }"
            '\n[[loads]]\nname = "tip"\nfrom_m = [0.12, 0.0]',
            ["force_n in the first [[setup.loads]]"],
        ),
        (
            "airfoils.section",
            '[[points]]\nname = "cruise"\nlift = 0.5\nreynolds = 2e6\nmach = 0.3',
            ['"mach in the first [[setup.points]]"', "name, lift, reynolds, weight"],
        ),
        ("structures.lattice", "material = { modulus_pa = 114e9 }", ["setup.material.yield_pa"]),
    ],
)
def test_what_was_accepted_without_a_word_is_refused(
    name: str, setup: str, parts: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        read(name, tomllib.loads(setup))
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("name", "setup", "part"),
    [
        ("structures.bracket", "making = { designs = 8 }", "in [setup.making], got designs = 8"),
        ("structures.container", "making = { designs = 8, at_once = 4 }", "7 are left"),
        ("structures.unit_cell", "designs = 8", "designs = 8"),
        ("structures.lattice", "known = 19", "at least 20 known lattices"),
        ("grid.feeder_day", "held_out_every = 1", "held_out_every = 5"),
        ("grid.profile_day", "held_out_every = 0", "held_out_every = 5"),
        ("grid.profile_day", 'group = "house"', '"household"'),
    ],
)
def test_what_no_run_can_use_is_told_before_anything_is_made(
    name: str, setup: str, part: str
) -> None:
    """Regression: `making.designs = 8` failed only after 517 CPU s of preparation."""
    with pytest.raises(InputError) as caught:
        read(name, tomllib.loads(setup))
    assert part in str(caught.value)


@pytest.mark.parametrize(
    ("name", "setup"),
    [
        ("structures.bracket", {"making": {"designs": 9, "at_once": 3}}),
        ("structures.unit_cell", {"designs": 9}),
    ],
)
def test_the_fewest_designs_that_can_be_learned_from_are_allowed(
    name: str, setup: Mapping[str, Any]
) -> None:
    read(name, setup)


COMPOUND = {"n_m": "N/m", "m_s": "m/s", "kg_m3": "kg/m³", "eur_kg": "EUR/kg"}
UNITS = {"mm": "mm", "m": "m", "pa": "Pa", "n": "N", "nm": "N·m", "kg": "kg", "deg": "degree"}


@pytest.mark.parametrize("name", [p for p in PROBLEMS if p.startswith(("structures", "airfoils"))])
def test_numbers_whose_names_end_in_a_unit_are_shown_in_it(name: str) -> None:
    found = list(entries(read(name, {}), {}))
    assert found
    assert not any(e.given for e in found)
    for entry in found:
        field = entry.name.split(" in ")[0].split(".")[-1]
        two = next((u for end, u in COMPOUND.items() if field.endswith(f"_{end}")), None)
        ending = field.rpartition("_")[2] if "_" in field and "_per_" not in field else ""
        assert entry.unit == (two or UNITS.get(ending, entry.unit)), entry.name


DIGESTS = {  # of sha256, the first
    "airfoils/morphing.toml": "c5216aef9e32",
    "airfoils/section.toml": "19cd2a2fd885",
    "grid/fixed_energy.toml": "85112847e9f8",
    "grid/own_feeder/own_feeder.toml": "c32bf4c856d3",
    "grid/steered_low_voltage.toml": "21523467350d",
    "grid/winter_evening_peak.toml": "fdc35d0ca137",
    "molecules/conformers.toml": "e855686e2f27",
    "molecules/lead.toml": "a0a967ea0de5",
    "molecules/library.toml": "1389143fd990",
    "molecules/route.toml": "9d8b9eec3532",  # whose target has been given since
    "structures/bracket.toml": "b05e325f855c",
    "structures/cantilever.toml": "6baebdbea4c4",
    "structures/container.toml": "66b064aaa48c",  # whose limits are those of plates since
    "structures/lattice.toml": "840d5b420eea",
    "structures/mbb.toml": "dd7cac32a187",
    "structures/unit_cell_auxetic.toml": "4e123212b4fc",
    "structures/unit_cell_auxetic_3d.toml": "e8de90fe8c75",
}


@pytest.mark.parametrize(
    "path", [EXAMPLES / name for name in DIGESTS], ids=lambda p: p.relative_to(EXAMPLES).as_posix()
)
def test_examples_ask_what_they_asked(path: Path) -> None:
    """Digests of the specs from before settings were read to their last entry."""
    spec = load(path)
    requested = as_table(spec) | {"setup": tomllib.loads(path.read_text()).get("setup", {})}
    known = DIGESTS[path.relative_to(EXAMPLES).as_posix()]
    assert digest(requested).startswith(f"sha256:{known}")
    read(spec.problem, spec.setup)
