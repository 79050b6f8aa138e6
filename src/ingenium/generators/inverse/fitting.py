"""Fit of the family `inverse` to rows that the engine labelled."""

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Problem, Watch
from ingenium.core.seeds import one_thread
from ingenium.generators.inverse.family import InverseFamily
from ingenium.generators.inverse.forward import ForwardEnsemble, trivial_loss
from ingenium.sampling.labels import LabelledRows, Labeller, Source
from ingenium.scale.place import HERE, WorkPlace
from ingenium.train.curves import LossCurve
from ingenium.train.plan import Plan

DEFAULT_ROWS = 2000  # of a spec that names none
STARTS = 20_000  # rows that are stored as starts
RANGE = (0.005, 0.995)  # quantiles between which a quantity varies
TOLERANCE = 0.02  # of that range
SPANS = 30.0  # ratio of its ends from which a positive quantity is modelled by its logarithm
WIDTHS = ((2_500, 64), (25_000, 128), (10**9, 256))  # up to so many rows
STEPS_A_ROOT = 12.6  # training steps for each root of the number of rows
LEAST_STEPS = 300
LEAST_ROWS = 500  # of a smaller fit for the curve by rows
BATCH = 512
TESTS = (200, 4_000)  # fewest and most rows of held-out designs


def plan_of(rows: int, *, steps: int | None, seed: int) -> Plan:
    """Return the training plan of the forward model for a number of rows."""
    own = max(LEAST_STEPS, round(STEPS_A_ROOT * math.sqrt(rows)))
    return Plan(
        seed=seed, steps=steps or own, batch=BATCH, learning_rate=3e-3, held_out=0.05,
        check_every=100, patience=20, ema_decay=0.995,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class InverseFit:
    """Rows to learn from, rows of held-out designs, and the family that is fitted."""

    family: InverseFamily
    rows: LabelledRows
    tests: LabelledRows  # never fitted to
    tested_on: str
    seed: int
    steps: int | None

    def run(self, watch: Watch, checkpoint: Path) -> dict[str, Any]:
        """Fit the forward model to all rows, and to fewer of them for the curve by rows.

        Returns the record of the fit: losses by step, errors by rows, and the verdict on both.
        """
        self.prepare()
        by_rows = []
        counts = [n for n in (len(self.rows) // 100, len(self.rows) // 10) if n >= LEAST_ROWS]
        for n in (*counts, len(self.rows)):
            model, curve = self._fitted(n, watch, checkpoint / str(n))
            self.family.forward_model = model
            errors = self.errors()
            self.family.error = errors.nan_to_num(1.0)  # a tolerance, where nothing was measured
            by_rows.append(self._point(n, curve, errors))
        shutil.rmtree(checkpoint, ignore_errors=True)
        self.starts()
        learned = curve.verdict()
        return {
            "rows": len(self.rows),
            "answered": float(self.rows.y.isfinite().all(1).to(torch.float32).mean()),
            "losses": {"held_out": curve.held_out[-1], "training": curve.training[-1]},
            "curve": curve.record(),
            "by_rows": by_rows,
            "tolerance": self._named(self.family.tolerance),
            "logarithm": [n for n, x in zip(self.family.names, self.family.log, strict=True) if x],
            "error_tolerances": by_rows[-1]["error_tolerances"],
            "tested_on": self.tested_on,
            "verdict": learned,
        }

    def _named(self, values: Tensor) -> dict[str, float | None]:
        both = zip(self.family.names, values.tolist(), strict=True)
        return {n: float(f"{v:.4g}") if math.isfinite(v) else None for n, v in both}

    def _point(self, rows: int, curve: LossCurve, errors: Tensor) -> dict[str, Any]:
        return {
            "rows": rows,
            "held_out": min(curve.held_out),
            "training": curve.training[-1],
            "error_tolerances": self._named(errors),
        }

    def prepare(self) -> None:
        """Set scales and the whitening from the rows."""
        own, rows = self.family, self.rows
        y = rows.y.to(torch.float64)
        low, high = _quantile(y, RANGE[0]), _quantile(y, RANGE[1])
        log = (low > 0) & (high > SPANS * low)
        y = torch.where(log, y.clamp_min(1e-300).log(), y)
        low, high = _quantile(y, RANGE[0]), _quantile(y, RANGE[1])
        span = torch.where(high > low, high - low, 1.0)
        own.log, own.tolerance = log.to(torch.float32), (TOLERANCE * span).to(torch.float32)
        scaled = y / own.tolerance
        own.y_middle = _quantile(scaled, 0.5).to(torch.float32)
        off = (scaled - own.y_middle).abs()
        own.y_spread = (1.4826 * _quantile(off, 0.5)).clamp_min(1.0).to(torch.float32)
        own.given_middle = rows.given.mean(0)
        off = rows.given - own.given_middle
        spread = off.square().mean(0).sqrt()
        own.given_spread = torch.where(spread > 0, spread, 1.0)

    def _labels(self, rows: LabelledRows) -> tuple[Tensor, Tensor]:
        """Inputs and standardised labels, with flags of the known ones."""
        own = self.family
        y = (own.scale.of(rows.y) - own.y_middle) / own.y_spread
        known = y.isfinite()
        y = torch.where(known, y, 0.0).clamp(-30, 30)  # a division by nearly 0 decides nothing
        return own.inputs(rows.z, rows.given), torch.cat([y, known.to(y.dtype)], 1)

    def _fitted(self, n: int, watch: Watch, folder: Path) -> tuple[ForwardEnsemble, LossCurve]:
        """Fit the networks to the first rows."""
        own = self.family
        width = next(width for most, width in WIDTHS if n <= most)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            model = ForwardEnsemble(own.d + own.given, len(own.names), width)
        inputs, labels = self._labels(self.rows.first(n))
        plan = plan_of(n, steps=self.steps, seed=self.seed)
        stage = f"fit to {n} rows"
        plan = replace(plan, checkpoint=folder, progress=lambda i, of, loss: watch(stage, i, of))
        with one_thread():
            found = model.fit(inputs, labels, plan)
        nothing = trivial_loss(*labels.split(len(own.names), 1))
        return model, LossCurve.of(found, nothing=nothing)

    @torch.no_grad()
    def errors(self) -> Float[Tensor, " k"]:
        """Mean error of each quantity in tolerances, on test rows; NaN where none was measured.

        Wild mixtures are left out of it.
        """
        own, rows = self.family, self.tests
        tame = rows.way < 2
        y, _, _ = own.predicted(own.inputs(rows.z[tame], rows.given[tame]))
        off = (y - own.scale.of(rows.y[tame])).abs()
        return torch.nanmean(torch.where(off.isfinite(), off, torch.nan), 0)

    def starts(self) -> None:
        """Store rows with an answer as starts; their values are those of the engine."""
        rows, own = self.rows, self.family
        found = torch.nonzero(rows.y.isfinite().all(1))[:, 0][:STARTS]
        own.starts, own.starts_given = rows.z[found].contiguous(), rows.given[found].contiguous()
        own.starts_y = own.scale.of(rows.y[found]).to(torch.float32).contiguous()


def _quantile(y: Float[Tensor, "n k"], q: float) -> Float[Tensor, " k"]:
    """Quantile of each column without NaN and infinity; 0 for an empty column."""
    found = [
        column[column.isfinite()].quantile(q) if column.isfinite().any() else column.new_zeros(())
        for column in y[:200_000].T
    ]
    return torch.stack(found)


@dataclass(frozen=True)
class RowsPlan:
    """Number of rows, training steps, seed, and the workers that label."""

    count: int
    steps: int | None = None
    seed: int = 0
    on: WorkPlace = HERE
    opener: Callable[[], Problem] | None = None


def fit_inverse(
    labeller: Labeller, family: InverseFamily, asked: RowsPlan, *, watch: Watch, checkpoint: Path
) -> dict[str, Any]:
    """Label rows and fit a family to them; return the record of the fit."""

    def rows(count: int, source: Source, seed: int) -> LabelledRows:
        return labeller.rows(
            count, source, seed=seed, watch=watch, on=asked.on, opener=asked.opener
        )

    own = rows(asked.count, "learned", asked.seed)
    held = labeller.of("held_out").sizes[DESIGN] >= 2
    few = min(max(asked.count // 10, TESTS[0]), TESTS[1])
    source: Source = "held_out" if held else "learned"
    tests = rows(few, source, asked.seed if held else asked.seed + 1)
    whole = labeller.whitening
    family.mean, family.axes, family.back = (
        a.to(torch.float32) for a in (whole.mean, whole.axes, whole.back)
    )
    where = "rows of held-out designs" if held else "new rows of the same designs"
    return InverseFit(family, own, tests, where, asked.seed, asked.steps).run(watch, checkpoint)
