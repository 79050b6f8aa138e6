"""Tests that every problem of every domain must pass.

A domain's test module inherits it and declares how its problem is opened::

    class TestFeederDay(ProblemContract):
        problem_name = "grid.feeder_day"
        setup = {"grid": "1-LV-rural1--0-sw"}
"""

from typing import ClassVar

import numpy as np
import pytest
import torch
import xarray as xr

from ingenium.core.crosscheck import cross_check
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem, distance_to_given
from ingenium.core.quantity import Condition, Quantity, Variable
from ingenium.core.resolving import resolve, sample_conditions
from ingenium.core.spec import Fixed, Spec
from ingenium.core.verdict import Verdict
from ingenium.domains import load, open_problem, problem_class
from ingenium.generators.tokens.codec import Tokens
from ingenium.testing.file_contract import FileContract


class ProblemContract(FileContract):
    """Tests for each problem."""

    soft: ClassVar[float] = 0.02  # relative tolerance for smoothing of a steerable quantity
    no_answer: ClassVar[str] = "?"  # of a problem on texts, one that its engine cannot read

    def test_name_and_words(self, problem: Problem) -> None:
        assert problem.name == self.problem_name
        assert problem_class(self.problem_name) is type(problem)
        assert problem.formats
        assert problem.judged
        assert problem.unchecked, "what does `accepted` not say?"
        named: list[Variable | Quantity | Condition] = [*problem.variables, *problem.conditions]
        named += problem.quantities
        assert all(x.long_name for x in named), named
        names = [x.name for x in named]
        assert len(set(names)) == len(names), "variables, conditions and quantities share a name"

    def test_it_is_what_its_domain_offers(self, problem: Problem) -> None:
        """Check also that the source is in the package whose digest enters keys and evidence."""
        field, _, key = self.problem_name.partition(".")
        domain = load(field)
        assert problem.summary == domain.problems[key].summary != ""
        of_class, of_domain = type(problem).__module__.split("."), domain.package.split(".")
        assert of_class[0] == of_domain[0]

    def test_unknown_setup_is_refused(self) -> None:
        setup = {**self.setup, "no_such_entry": 1}
        with pytest.raises(InputError, match="no_such_entry"):
            open_problem(Spec(problem=self.problem_name, setup=setup, given=self.given))

    def test_places_are_quantities_with_names_or_units(self, problem: Problem) -> None:
        known = {q.name for q in problem.quantities}
        for q in problem.quantities:
            assert set(q.where) <= known

    def test_known_designs(self, problem: Problem, known: xr.Dataset) -> None:
        assert known["held_out"].dtype == bool
        assert 0 < int(known["held_out"].sum()) < known.sizes[DESIGN]
        for condition in problem.conditions:
            values = known[condition.name].to_numpy()
            if condition.choices is not None:
                assert set(values.tolist()) <= set(condition.choices)
            else:
                assert condition.lower <= values.min() <= values.max() <= condition.upper

    def test_known_answers(self, problem: Problem) -> None:
        answers = problem.known_answers()
        assert answers, "a problem needs a design whose measurements are known"
        for designs, truth, tolerance in answers:
            found = self.measure(problem, designs)
            for name, value in truth.items():
                assert found[name].to_numpy() == pytest.approx(value, rel=tolerance)

    def test_batch_equals_one_by_one(
        self, problem: Problem, designs: xr.Dataset, measured: xr.Dataset
    ) -> None:
        for i in range(designs.sizes[DESIGN]):
            alone = self.measure(problem, designs.isel({DESIGN: [i]}))
            for q in problem.quantities:
                np.testing.assert_allclose(
                    alone[q.name][0],
                    measured[q.name][i],
                    rtol=self.equal,
                    atol=q.rounding,
                    err_msg=q.name,
                )

    def test_measuring_twice_gives_the_same_bits(
        self, problem: Problem, designs: xr.Dataset, measured: xr.Dataset
    ) -> None:
        again = self.measure(problem, designs)
        for q in problem.quantities:
            np.testing.assert_array_equal(again[q.name], measured[q.name])

    def test_nan_is_failed_and_others_are_not_disturbed(
        self, problem: Problem, designs: xr.Dataset, measured: xr.Dataset
    ) -> None:
        broken = designs.copy(deep=True)
        first = problem.variables[0]
        broken[first.name].to_numpy()[1] = np.nan if first.longest is None else self.no_answer
        found = self.measure(problem, broken)
        assert found["verdict"].to_numpy()[1] == Verdict.FAILED
        assert found["verdict"].to_numpy()[0] == measured["verdict"].to_numpy()[0] != Verdict.FAILED

    def test_wrong_width_is_refused(self, problem: Problem, designs: xr.Dataset) -> None:
        for v in problem.variables:
            if v.dims:
                cut = designs.isel({v.dims[0]: slice(0, -1)})
            else:
                cut = designs.assign({v.name: designs[v.name].expand_dims("more", -1)})
            with pytest.raises(InputError, match="with dimensions"):
                self.measure(problem, cut)

    def test_too_long_a_text_is_refused(self, problem: Problem, designs: xr.Dataset) -> None:
        for v in problem.variables:
            if v.longest is not None:
                long = np.full(designs.sizes[DESIGN], "C" * (v.longest + 1))
                with pytest.raises(InputError, match=f"at most {v.longest} characters"):
                    self.measure(problem, designs.assign({v.name: (DESIGN, long)}))

    def test_wrong_unit_is_refused(self, problem: Problem, designs: xr.Dataset) -> None:
        wrong = designs.copy(deep=True)
        name = problem.variables[0].name
        wrong[name].attrs["units"] = "furlong"
        with pytest.raises(InputError, match="furlong"):
            self.measure(problem, wrong)

    def test_codec_round_trip(self, problem: Problem, designs: xr.Dataset) -> None:
        arrays = problem.proposed(to_arrays(designs, problem.variables))
        x = problem.codec.encode(arrays)
        assert tuple(x.shape) == (self.few, *problem.codec.shape)
        assert bool(x.isfinite().all())
        for back, array in zip(problem.codec.decode(x), arrays, strict=True):
            assert back.dtype == torch.float64
            scale = max(1.0, float(array.abs().max()))
            assert float((back - array).abs().max()) <= problem.codec.tolerance * scale

    def test_distances_are_those_of_a_metric(self, problem: Problem, designs: xr.Dataset) -> None:
        """Check distances, which select diverse designs."""
        twice = xr.concat([designs, designs], DESIGN)
        of = problem.metric(twice)
        table = np.stack([of(i) for i in range(twice.sizes[DESIGN])])
        assert np.isfinite(table).all()
        assert (table >= 0).all()
        np.testing.assert_allclose(table, table.T, rtol=1e-6, atol=1e-9)
        half = len(table) // 2
        assert (table[:half, half:].diagonal() == 0).all(), "a design and its double"
        assert (table[:half, :half] > 0).sum() >= half * (half - 1) // 2, "known designs differ"

    def test_a_design_equals_its_double(self, problem: Problem, designs: xr.Dataset) -> None:
        """Check which designs are one, so that each is exported once."""
        first = problem.equal(xr.concat([designs, designs], DESIGN))
        half = designs.sizes[DESIGN]
        assert (first[half:] == first[:half]).all(), "a design and its double"
        assert (first[first] == first).all(), "equals of equals"
        assert len(set(first.tolist())) > 1, "known designs differ"
        assert len(problem.equal(designs.isel({DESIGN: slice(0, 0)}))) == 0

    def test_decode_passes_gradients(self, problem: Problem, designs: xr.Dataset) -> None:
        if isinstance(problem.codec, Tokens):
            return  # whole numbers have no gradient
        x = problem.encode(designs).detach().requires_grad_()
        total = torch.stack([a.sum() for a in problem.codec.decode(x)]).sum()
        (slope,) = torch.autograd.grad(total, x)
        assert bool(slope.isfinite().all())
        assert float(slope.abs().max()) > 0

    def test_features(self, problem: Problem, known: xr.Dataset) -> None:
        names = [c.name for c in problem.conditions] + list(problem.input_codecs)
        own = {} if names else {DESIGN: known[DESIGN]}
        only = xr.Dataset({n: known[n].variable for n in names}, coords=own)
        only = only.isel({DESIGN: slice(0, self.few)})
        x = problem.features(only)
        assert x.shape[0] == self.few
        assert bool(x.isfinite().all())
        assert torch.equal(x, problem.features(known.isel({DESIGN: slice(0, self.few)})))

    def test_inputs_enter_what_is_asked(self, problem: Problem, known: xr.Dataset) -> None:
        """Check that inputs enter by content, and that known designs carry model inputs."""
        given, names = problem.given, [i.name for i in problem.inputs]
        assert set(given.values) == set(given.digests) <= set(names)
        assert all(i.long_name for i in problem.inputs)
        assert {i.name for i in problem.inputs if i.needed or i.default} <= set(given.values)
        spec = resolve(Spec(problem=problem.name), problem)
        assert spec.given == dict(given.digests)
        assert {x.quantity for x in problem.limits} == {x.quantity for x in spec.limits}
        assert set(problem.validity) <= {q.name for q in problem.quantities}
        for name, codec in problem.input_codecs.items():
            requested = np.asarray(given[name])
            column = known[name].to_numpy()
            assert column.shape == (known.sizes[DESIGN], *requested.shape), name
            assert np.isfinite(codec.encode(column)).all(), name
            reported = problem.features(known.isel({DESIGN: [0]}))
            bare = known.drop_vars(name).isel({DESIGN: [0]})
            assert not torch.equal(reported, problem.features(bare)), "another input tells the same"
        distance = distance_to_given(problem, known)
        assert (distance is None) == (not problem.input_codecs)

    def test_what_is_no_input_is_refused(self) -> None:
        given = {**self.given, "no_such_input": 1}
        with pytest.raises(InputError, match="no_such_input"):
            open_problem(Spec(problem=self.problem_name, setup=self.setup, given=given))

    def test_a_second_engine_measures_what_the_first_does(
        self, problem: Problem, designs: xr.Dataset, measured: xr.Dataset
    ) -> None:
        found = cross_check(problem, designs, measured, problem.limits, 0)
        assert (found is None) == (problem.second is None)
        if found is not None and problem.second is not None:
            compared = [q.name for q in problem.second.verifier.quantities]
            assert list(found.disagreement) == compared
            assert np.isfinite(list(found.disagreement.values())).all()
            assert found.unsolved < found.checked

    def test_drawn_conditions_are_admissible(self, problem: Problem, known: xr.Dataset) -> None:
        spec = resolve(Spec(problem=problem.name), problem)
        rng = torch.Generator().manual_seed(3)
        drawn = sample_conditions(spec, problem.conditions, known, 50, rng)
        assert drawn.sizes[DESIGN] == 50
        for c in problem.conditions:
            values = drawn[c.name].to_numpy()
            if c.choices is not None:
                assert set(values.tolist()) <= set(c.choices)
            else:
                assert values.min() >= c.lower
                assert values.max() <= c.upper
        rng = torch.Generator().manual_seed(3)
        assert drawn.identical(sample_conditions(spec, problem.conditions, known, 50, rng))

    def test_measured_conditions_are_quantities(
        self, problem: Problem, designs: xr.Dataset, measured: xr.Dataset
    ) -> None:
        """Check units, and that known designs carry the measured value of such a condition."""
        own = {q.name: q for q in problem.quantities}
        for c in problem.conditions:
            if c.measured not in own:
                assert c.measured is None or c.measured in {*problem.absent, *own}, c.name
                continue
            assert own[c.measured].unit == c.unit, c.name
            if not c.acts:
                distance = np.abs(measured[c.measured].to_numpy() - designs[c.name].to_numpy())
                assert np.nanmax(distance) <= own[c.measured].rounding + 1e-6, c.name

    def test_projection_holds_and_stays(self, problem: Problem, designs: xr.Dataset) -> None:
        conditions = xr.Dataset({c.name: designs[c.name].variable for c in problem.conditions})
        project = problem.project({}, conditions)
        once = project(to_arrays(designs, problem.variables))
        for a, b in zip(project(once), once, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)

    def test_fixed_values_hold_exactly(
        self, problem: Problem, designs: xr.Dataset, measured: xr.Dataset
    ) -> None:
        conditions = xr.Dataset({c.name: designs[c.name].variable for c in problem.conditions})
        named = {q.name for q in problem.quantities}
        variables = [v.name for v in problem.variables]
        for q in problem.fixable():
            here = measured if q.name in named else designs
            target = float(here[q.name].mean())
            arrays = problem.project({q.name: Fixed(target)}, conditions)(
                to_arrays(designs, problem.variables)
            )
            if q.name in named:
                again = to_dataset(arrays, problem.variables, dict(problem.labels()))
                found = self.measure(problem, again)[q.name].to_numpy()
            else:
                found = arrays[variables.index(q.name)].numpy()
            assert found == pytest.approx(target, rel=1e-9)

    def test_steerable_gradients(
        self, problem: Problem, designs: xr.Dataset, measured: xr.Dataset
    ) -> None:
        """Check that gradients are finite, near the measured value, and match differences."""
        x = problem.encode(designs).to(torch.float64)
        rng = torch.Generator().manual_seed(1)
        way = torch.randn(x.shape, generator=rng, dtype=torch.float64)
        step = 1e-5
        for name, soft in problem.steerable().items():
            values = soft(*problem.decode(x, designs))
            np.testing.assert_allclose(values.detach(), measured[name], rtol=self.soft)
            at = x.detach().clone().requires_grad_()
            (slope,) = torch.autograd.grad(soft(*problem.decode(at, designs)).sum(), at)
            assert bool(slope.isfinite().all()), name
            along = (slope * way).flatten(1).sum(1)
            with torch.no_grad():
                up, down = (soft(*problem.decode(x + s * way, designs)) for s in (step, -step))
            difference = (up - down) / (2 * step)
            scale = float(difference.abs().max())
            torch.testing.assert_close(along, difference, rtol=1e-3, atol=1e-3 * scale)
