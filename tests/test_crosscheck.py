"""The share that an independent engine measures: sampled, compared, counted and judged."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import pytest
import torch
import xarray as xr
from torch import Tensor

import toy
from ingenium.core.crosscheck import cross_check, sampled
from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.evidence import engines, measured, of_mesh, repeatable, uncertainty
from ingenium.core.problem import CrossCheck, Second
from ingenium.core.quantity import Quantity
from ingenium.core.resolving import resolve
from ingenium.core.spec import Limit, Spec
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify

N = 200
MASS = Limit("mass_kg", at_most=40.0)


@dataclass(frozen=True)
class Planted:
    """The engine's own answers, some with a factor, and none for beams that are too wide."""

    factor: Mapping[str, float] = field(default_factory=dict)
    widest_m: float = np.inf
    names: tuple[str, ...] = ("deflection_m", "stress_pa", "mass_kg")
    name: str = "planted"
    version: str = "7"
    tier: str = "exact"

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        return tuple(Quantity(name, "1", name) for name in self.names)

    def measure(self, *arrays: Tensor) -> Tensor:
        engine = toy.EulerBernoulli(1.0)
        found = dict(
            zip((q.name for q in engine.quantities), engine.measure(*arrays).T, strict=True)
        )
        rows = [
            found[name.removeprefix("own_")] * self.factor.get(name, 1.0) for name in self.names
        ]
        return torch.stack(rows, 1).masked_fill(arrays[0][:, None] > self.widest_m, torch.nan)


@pytest.fixture
def problem() -> toy.Cantilever:
    return toy.Cantilever(toy.Settings())


@pytest.fixture
def designs(problem: toy.Cantilever) -> xr.Dataset:
    return problem.data().isel({DESIGN: slice(0, N)})


def judged(problem: toy.Cantilever, designs: xr.Dataset, *limits: Limit) -> xr.Dataset:
    under = limits or problem.limits
    return verify(designs, problem.verifier, under, variables=problem.variables, sizes={})


def checked(
    problem: toy.Cantilever, designs: xr.Dataset, second: Second, *limits: Limit
) -> CrossCheck:
    problem.second = second
    under = limits or problem.limits
    found = cross_check(problem, designs, judged(problem, designs, *under), under, 3)
    assert found is not None
    return found


def test_engines_that_agree_have_no_other_verdict(
    problem: toy.Cantilever, designs: xr.Dataset
) -> None:
    found = checked(problem, designs, Second(Planted(), 0.1))
    assert (found.engine, found.version, found.checked, found.share) == ("planted", "7", 20, 0.1)
    assert found.disagreement == {"deflection_m": 0.0, "stress_pa": 0.0, "mass_kg": 0.0}
    assert (found.unsolved, found.other_verdicts) == (0, 0)


def test_a_planted_disagreement_is_found_and_its_verdicts_counted(
    problem: toy.Cantilever, designs: xr.Dataset
) -> None:
    mass = judged(problem, designs)["mass_kg"].to_numpy()
    found = checked(problem, designs, Second(Planted({"mass_kg": 1.1}), 1.0), MASS)
    assert found.checked == N
    assert found.disagreement["mass_kg"] == pytest.approx(0.1 * mass.max(), rel=1e-9)
    assert found.disagreement["stress_pa"] == 0.0
    between = int(((mass <= 40.0) & (1.1 * mass > 40.0)).sum())
    assert 0 < between < N
    assert found.other_verdicts == between


def test_one_wrong_design_is_found_wherever_it_stands(
    problem: toy.Cantilever, designs: xr.Dataset
) -> None:
    problem.second = Second(Planted(), 1.0)
    verdicts = judged(problem, designs)
    verdicts["stress_pa"][17] += 5e6
    found = cross_check(problem, designs, verdicts, problem.limits, 0)
    assert found is not None
    assert found.disagreement["stress_pa"] == pytest.approx(5e6)


def test_designs_without_a_second_answer_are_counted_and_judge_nothing(
    problem: toy.Cantilever, designs: xr.Dataset
) -> None:
    widest = float(designs["width_m"].median())
    second = Second(Planted({"mass_kg": 1.1}, widest), 1.0)
    found = checked(problem, designs, second, MASS)
    own = judged(problem, designs, MASS)
    narrow = (designs["width_m"] <= widest).to_numpy()
    mass = own["mass_kg"].to_numpy()
    assert found.unsolved == N - narrow.sum() > 0
    assert found.disagreement["mass_kg"] == pytest.approx(0.1 * mass[narrow].max(), rel=1e-9)
    assert found.other_verdicts == ((mass <= 40.0) & (1.1 * mass > 40.0) & narrow).sum()
    nobody = checked(problem, designs, Second(Planted(widest_m=0.0), 0.1))
    assert (nobody.unsolved, nobody.other_verdicts) == (20, 0)
    assert set(nobody.disagreement.values()) == {0.0}


def test_of_what_was_never_measured_nothing_agrees(
    problem: toy.Cantilever, designs: xr.Dataset
) -> None:
    """Costly quantities of a rejected design are left out: it is sampled where others are not."""
    problem.second = Second(Planted({"mass_kg": 1.1}, names=("mass_kg",)), 0.1)
    verdicts = judged(problem, designs)
    heavy = verdicts["mass_kg"].to_numpy().copy()
    verdicts["mass_kg"][1:] = np.nan
    found = cross_check(problem, designs, verdicts, problem.limits, 0)
    assert found is not None
    assert found.checked == 1
    assert found.disagreement["mass_kg"] == pytest.approx(0.1 * heavy[0])
    verdicts["mass_kg"][:] = np.nan
    assert cross_check(problem, designs, verdicts, problem.limits, 0) is None


def test_without_a_limit_on_what_is_compared_no_verdict_is_told(
    problem: toy.Cantilever, designs: xr.Dataset
) -> None:
    second = Second(Planted({"mass_kg": 2.0}, names=("mass_kg",)), 0.1)
    assert checked(problem, designs, second).other_verdicts is None
    assert checked(problem, designs, second, MASS).other_verdicts is not None


def test_a_quantity_of_another_name_is_compared_and_not_judged(
    problem: toy.Cantilever, designs: xr.Dataset
) -> None:
    names = ("mass_kg", "own_stress_pa")
    engine = Planted({"own_stress_pa": 3.0}, names=names)
    found = checked(
        problem, designs, Second(engine, 1.0, against={"own_stress_pa": "stress_pa"}), MASS
    )
    stress = judged(problem, designs)["stress_pa"].to_numpy()
    assert found.disagreement["own_stress_pa"] == pytest.approx(2 * stress.max(), rel=1e-9)
    assert found.other_verdicts == 0
    with pytest.raises(InputError, match="own_stress_pa"):
        checked(problem, designs, Second(engine, 1.0))


def test_a_share_of_no_designs_and_no_second_engine_give_nothing(
    problem: toy.Cantilever, designs: xr.Dataset
) -> None:
    verdicts = judged(problem, designs)
    for second in (None, Second(Planted(), 0.0)):
        problem.second = second
        assert cross_check(problem, designs, verdicts, problem.limits, 0) is None
    problem.second = Second(Planted(), 0.5)
    verdicts["verdict"][:] = Verdict.FAILED
    assert cross_check(problem, designs, verdicts, problem.limits, 0) is None
    with pytest.raises(InputError, match="from 0 to 1"):
        Second(Planted(), 1.5)


def test_the_share_is_drawn_from_accepted_and_rejected_alike_and_by_the_seed() -> None:
    verdicts = np.array(list(Verdict) * 25)
    second = Second(Planted(), 0.4)
    first = sampled(second, verdicts, 1)
    assert len(first) == 20
    assert set(verdicts[first].tolist()) == {Verdict.ACCEPTED, Verdict.REJECTED}
    assert np.array_equal(first, sampled(second, verdicts, 1))
    assert not np.array_equal(first, sampled(second, verdicts, 2))
    assert len(sampled(replace(second, most=3), verdicts, 1)) == 3
    assert len(sampled(replace(second, share=1e-6), verdicts, 1)) == 1


def test_a_finer_mesh_is_asked_of_accepted_designs_alone(
    problem: toy.Cantilever, designs: xr.Dataset
) -> None:
    mass = judged(problem, designs, MASS)["mass_kg"].to_numpy()
    finer = Second(Planted({"mass_kg": 1.2}, name="half cells"), 1.0)
    second = Second(Planted(), 0.1, finer=finer)
    found = checked(problem, designs, second, MASS)
    assert found.finer is not None
    assert found.finer.checked == int((mass <= 40.0).sum()) < N
    assert found.finer.disagreement["mass_kg"] == pytest.approx(0.2 * mass[mass <= 40.0].max())
    assert found.disagreement["mass_kg"] == 0.0
    assert CrossCheck.of(asdict(found)) == found
    tiers = {e["tier"]: e["name"] for e in engines(problem, found)}
    assert tiers["finer mesh"] == "half cells"
    nothing = checked(problem, designs, second, Limit("mass_kg", at_most=0.0))
    assert nothing.finer is None


def test_what_a_mesh_is_off_is_uncertainty_that_measuring_again_does_not_excuse(
    problem: toy.Cantilever, designs: xr.Dataset
) -> None:
    finer = Second(Planted({"mass_kg": 1.2}), 1.0)
    second = Second(Planted({"mass_kg": 1.1}), 1.0, finer=finer)
    found = checked(problem, designs, second, MASS)
    uncertain, mesh = uncertainty(problem, {"mass_kg": 0.5}, found), of_mesh(found)
    assert uncertain["mass_kg"] == pytest.approx(
        0.5 + found.disagreement["mass_kg"] + mesh["mass_kg"]
    )
    names = [q.name for q in problem.quantities]
    entry = measured(problem, np.ones(len(names)), uncertain, mesh)["mass_kg"]
    assert entry["uncertainty"] == uncertain["mass_kg"]
    assert repeatable(entry) == pytest.approx(0.5 + found.disagreement["mass_kg"])


def test_limits_hold_beyond_what_a_mesh_is_off_unless_a_spec_says_not(
    problem: toy.Cantilever,
) -> None:
    own = tuple(replace(q, beyond=q.name == "mass_kg") for q in problem.quantities)
    problem.tiers = (replace(problem.tiers[0], quantities=own),)
    reported = {None: [True, None], False: [False, False], True: [True, True]}  # and its own
    for said, wanted in reported.items():
        limits = (
            Limit("mass_kg", at_most=40.0, beyond_uncertainty=said),
            Limit("stress_pa", at_most=1e9, beyond_uncertainty=said),
        )
        found = resolve(Spec(problem=problem.name, limits=limits), problem).limits
        assert [x.beyond_uncertainty for x in found] == [*wanted, None]
