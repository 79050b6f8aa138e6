import dataclasses

import numpy as np
import pytest
import torch
import xarray as xr

import toy
from ingenium.core.errors import InputError, SpecError
from ingenium.core.quantity import Condition, Quantity
from ingenium.core.resolving import _nearest, different, held, removed, resolve, sample_conditions
from ingenium.core.seeds import BLOCK, block_rng, units
from ingenium.core.spec import Between, Limit, Spec, as_table, parse
from ingenium.core.units import convert

CONDITIONS = (Condition("season", "season", ("winter", "summer")), Condition("level", "level"))


def known() -> xr.Dataset:
    season = np.array(["winter"] * 50 + ["summer"] * 50)
    level = np.concatenate([np.linspace(0.5, 1, 50), np.linspace(0, 0.5, 50)])
    return xr.Dataset({"season": ("design", season), "level": ("design", level)})


def sampled(conditions: dict[str, object], n: int = 4000) -> xr.Dataset:
    spec = Spec("toy", conditions=conditions)  # type: ignore[arg-type]
    return sample_conditions(spec, CONDITIONS, known(), n, torch.Generator().manual_seed(1))


def test_open_conditions_follow_the_known_designs() -> None:
    found = sampled({})
    assert abs((found["season"] == "winter").mean() - 0.5) < 0.05
    assert float(found["level"].where(found["season"] == "winter").min()) >= 0.5


def test_wanted_numbers_are_even_over_their_range_and_pull_the_rest_along() -> None:
    found = sampled({"level": Between(0.8, 1.0)})
    assert set(found["season"].values) == {"winter"}
    level = found["level"].values
    assert level.min() >= 0.8
    assert level.max() <= 1.0
    assert abs(level.mean() - 0.9) < 0.01
    assert abs(level.std() - 0.2 / 12**0.5) < 0.005


def test_ranges_that_leave_the_condition_are_refused() -> None:
    problem = toy.Cantilever(toy.Settings())
    for span in (Between(500.0, 2000.0), Between(2000.0, 1e9), Between(-5.0, -1.0)):
        with pytest.raises(InputError, match="load_n between 1000 and 20000"):
            resolve(Spec("toy.cantilever", conditions={"load_n": span}), problem)


def limits(*tables: dict[str, object]) -> Spec:
    return parse({"problem": "toy.cantilever", "limits": tables}, Spec, "spec")


def test_limits_on_one_quantity_that_contradict_are_refused_in_any_unit() -> None:
    problem = toy.Cantilever(toy.Settings())
    least = {"quantity": "mass_kg", "at_least": 2.0}
    most = {"quantity": "mass_kg", "at_most": 1500.0, "unit": "g"}
    with pytest.raises(SpecError, match=r"2 <= mass_kg.* and mass_kg <= 1\.5") as refused:
        resolve(limits(most, {"quantity": "mass_kg", "at_most": 9.0}, least), problem)
    assert "at_least = 1.5 or less, at_most = 2 or more" in str(refused.value)
    same = {"quantity": "mass_kg", "at_most": 2000.0, "unit": "g"}
    assert len(resolve(limits(least, same), problem).limits) == 4, "one value holds both"
    assert len(resolve(limits(most, {"quantity": "mass_kg", "at_least": 1.0}), problem).limits) == 4


def test_own_limits_are_judged_unless_a_spec_replaces_or_removes_them() -> None:
    problem = toy.Cantilever(toy.Settings())
    heavy = Limit("mass_kg", at_most=50.0)
    own = {x.quantity: x.label for x in resolve(Spec("toy.cantilever"), problem).limits}
    both = resolve(Spec("toy.cantilever", limits=(heavy,)), problem).limits
    assert [x.quantity for x in both] == ["mass_kg", "deflection_m", "stress_pa"]
    assert {x.quantity: x.label for x in both[1:]} == own
    looser = Limit("stress_pa", at_most=200e6)
    replaced = resolve(Spec("toy.cantilever", limits=(looser,)), problem).limits
    assert [x.at_most for x in replaced] == [200e6, 0.004]
    reason = "the tip may sag"
    spec = parse({"problem": "toy.cantilever", "without": {"deflection_m": reason}}, Spec, "it")
    assert [x.quantity for x in resolve(spec, problem).limits] == ["stress_pa"]
    assert removed(spec, problem) == (
        f"Not judged: deflection_m <= 0.004. Reason in the spec: {reason}.",
    )
    assert as_table(spec)["without"] == {"deflection_m": reason}
    for without, wrong in (
        ({"mass_kg": reason}, "limit of the problem to remove"),
        ({"deflection_m": ""}, "at least 1 character"),
    ):
        table = {"problem": "toy.cantilever", "without": without}
        with pytest.raises(InputError, match=wrong):
            resolve(parse(table, Spec, "it"), problem)
    twice = Spec("toy.cantilever", limits=(looser,), without={"stress_pa": reason})
    with pytest.raises(InputError, match="both a limit on stress_pa"):
        resolve(twice, problem)


def test_without_a_valid_design_there_is_nothing_to_accept() -> None:
    problem = toy.Cantilever(toy.Settings())
    problem.validity = ("stress_pa",)
    tighter = Spec("toy.cantilever", limits=(Limit("stress_pa", at_most=100.0, unit="MPa"),))
    assert resolve(tighter, problem).limits[0].at_most == 100e6
    looser = Spec("toy.cantilever", limits=(Limit("stress_pa", at_most=161.0, unit="MPa"),))
    with pytest.raises(InputError, match="no looser than stress_pa <= 160000000"):
        resolve(looser, problem)
    without = Spec("toy.cantilever", without={"stress_pa": "it is a drawing"})
    with pytest.raises(InputError, match="without which a design is not valid"):
        resolve(without, problem)


def test_a_fixed_value_that_breaks_a_limit_is_refused() -> None:
    class Weighed(toy.Cantilever):
        def fixable(self) -> tuple[Quantity, ...]:
            return (Quantity("mass_kg", "kg", "mass"),)

    def requested(grams: float) -> Spec:
        table = {
            "problem": "toy.cantilever",
            "fixed": {"mass_kg": {"value": grams, "unit": "g"}},
            "limits": [{"quantity": "mass_kg", "at_most": 1.5}],
        }
        return resolve(parse(table, Spec, "spec"), Weighed(toy.Settings()))

    assert requested(1500.0).fixed["mass_kg"].value == pytest.approx(1.5)
    with pytest.raises(SpecError, match=r"fixed mass_kg that holds mass_kg <= 1\.5 .*got 1\.6"):
        requested(1600.0)


def test_categories_that_never_occur_name_the_nearest_that_do() -> None:
    with pytest.raises(InputError, match='season = "summer"'):
        sample_conditions(
            Spec("toy", conditions={"season": ("winter",)}),
            CONDITIONS,
            known().isel(design=slice(50, None)),
            1,
            torch.Generator(),
        )


def test_a_design_depends_on_seed_block_and_purpose_alone() -> None:
    def first(seed: int, block: int, purpose: str) -> float:
        return float(torch.rand(1, generator=block_rng(seed, block, purpose)))

    assert first(7, 0, "proposal") == first(7, 0, "proposal")
    assert len({first(7, 0, "a"), first(7, 1, "a"), first(8, 0, "a"), first(7, 0, "b")}) == 4


def test_blocks_cover_all_designs() -> None:
    assert units(BLOCK, BLOCK) == [(0, range(BLOCK))]
    assert units(BLOCK + 1, BLOCK) == [(0, range(BLOCK)), (1, range(1))]
    assert units(10, 8) == [(0, range(8)), (0, range(8, 10))]
    assert units(BLOCK + 3, BLOCK)[(BLOCK + 2) // BLOCK] == (1, range(3))


def test_units_are_converted_or_refused() -> None:
    assert convert(3.6, "MJ", "kWh", of="energy") == pytest.approx(1.0)
    assert convert(93.0, "percent", "pu", of="voltage") == pytest.approx(0.93)
    with pytest.raises(InputError, match="something else"):
        convert(1.0, "kg", "kWh", of="energy")
    assert convert(1.0, "kg*m^2/s**2", "J", of="energy") == 1.0
    with pytest.raises(InputError, match="finite number of kg"):
        convert(1e308, "t", "kg", of="mass")


@pytest.mark.parametrize(
    "unit", ["florps", "", "9**9**9**9", "__import__('os')", "kWh" * 9000, "kWh)", "1/0", "\0"]
)
def test_what_is_no_unit_is_told_at_once(unit: str) -> None:
    with pytest.raises(InputError, match="unknown unit"):
        convert(1.0, unit, "kWh", of="energy")


@pytest.mark.parametrize("columns", [3, 8, 60])
def test_the_nearest_known_designs_are_those_of_a_full_sort(columns: int) -> None:
    rng = np.random.default_rng(0)
    distance = rng.integers(0, 9, (40, columns)).astype(float)  # many are equal
    found = _nearest(distance, 8)
    assert found.tolist() == np.argsort(distance, axis=1, kind="stable")[:, :8].tolist()


def test_a_condition_that_can_only_be_one_number() -> None:
    known = xr.Dataset({"level": ("design", np.full(20, 3.0))})
    level = Condition("level", "level", lower=3.0, upper=3.0)
    wanted = Spec("toy", conditions={"level": Between(3.0, 3.0)})
    found = sample_conditions(wanted, (level,), known, 5, torch.Generator())
    assert found["level"].values.tolist() == [3.0] * 5


def test_conditions_of_a_problem_without_any() -> None:
    known = xr.Dataset(coords={"design": np.arange(5)})
    sampled = sample_conditions(Spec("toy.cantilever"), (), known, 7, torch.Generator())
    assert sampled.sizes == {"design": 7}


def test_ranges_of_measured_conditions_are_limits_where_the_best_is_sought() -> None:
    beams = toy.Cantilever(toy.Settings())
    duty, load = beams.conditions
    beams.conditions = (duty, dataclasses.replace(load, unit="kg", measured="mass_kg"))
    plain = resolve(toy.spec(conditions={"load_n": {"at_least": 1e3, "at_most": 2e3}}), beams)
    spec = held(plain, beams)
    assert spec.limits == (*plain.limits, Limit("mass_kg", 1e3, 2e3, "kg"))
    assert held(spec, beams) is spec, "once is enough"
    exact = resolve(toy.spec(conditions={"load_n": 2e3}), beams)
    assert held(exact, beams) is exact
    beyond = toy.spec(
        conditions={"load_n": {"at_least": 1e3, "at_most": 2e3}},
        limits=[{"quantity": "mass_kg", "at_most": 50.0}],
    )
    with pytest.raises(SpecError, match="one value holds"):
        held(resolve(beyond, beams), beams)


def test_designs_that_share_their_conditions_are_counted() -> None:
    beams = toy.Cantilever(toy.Settings())
    known = beams.data().isel(design=[0, 1, 1, 1, 2, 2])
    assert different(beams, toy.spec(), known) == 3
    requested = toy.spec(conditions={"load_n": {"at_least": 1e3, "at_most": 2e3}})
    assert different(beams, requested, known) is None, "it is as was asked"
