"""Problem `matter.crystal`: perovskites with a gap, each with its distance from the hull."""

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, Projection, SearchDefaults, Second, Section
from ingenium.core.quantity import Condition, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.core.text import codes
from ingenium.domains.matter import (
    charges,
    espresso,
    grammar,
    potential,
    powder,
    report,
    results,
    second_potential,
)
from ingenium.domains.matter.files import Cif, Poscar, crystals
from ingenium.domains.matter.gap import GapEstimate
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.prototypes import PEROVSKITES
from ingenium.domains.matter.recipe import KNOWN
from ingenium.domains.matter.settings import CrystalSettings
from ingenium.domains.matter.verifier import BY_PW, CrystalVerifier, Part
from ingenium.domains.matter.wyckoff import Wyckoff
from ingenium.generators.tokens.two_kinds import TwoKindCodec

LONGEST = 40  # characters of a text
EDGES_M = (2.5e-10, 4e-9)
SQUEEZED, STRETCHED = 0.85, 1.3  # edges of a proposal, over those that radii of ions suggest
HELD_OUT_EVERY = 5
LICENCE = (
    "Crystals: made here, relaxed by CHGNet (BSD-3, weights trained on the Materials Project, "
    "CC BY 4.0); energies and gaps: Quantum ESPRESSO (GPL) with SSSP 1.3.0 pseudopotentials "
    "(GPL, CC BY-SA), neither of which is shipped"
)


FORMULA = Input("formula", "text", "the formula ABX3 of all crystals, such as CsPbI3", most=20)
PATTERN_FITS = Limit(powder.MISFIT.name, at_most=0.15, unit="1")
ABX3 = [1, 1, 3]
_PART = re.compile(r"([A-Z][a-z]?)(\d*)")
SHARE = 0.02  # of the crystals, that pw.x measures again at a higher cutoff
LIMITS = (
    Limit("symmetry_preserved", at_least=1.0, unit="1"),
    Limit("screened_hull", at_most=0.05, unit="eV"),
    Limit("gap_estimate", at_least=0.8, at_most=2.0, unit="eV"),
    Limit("polymorph", at_most=0.05, unit="eV"),
    Limit("hull_distance", at_most=0.05, unit="eV"),
    Limit("band_gap", at_least=1.0, at_most=1.8, unit="eV"),
)
GAPS = ("gap_estimate", "band_gap")  # which a given formula or pattern does not change


def _conditions(judge: str) -> tuple[Condition, ...]:
    gap = "band_gap" if judge == "pw.x" else "gap_estimate"
    return (
        Condition("gap", "PBE gap", None, 0.0, 10.0, "eV", measured=gap),
        Condition(
            "stability",
            "energy of an atom above the two binaries, by CHGNet",
            None,
            -1.0,
            3.0,
            "eV",
            middle=0.1,
            spread=0.2,
        ),
    )


class CrystalProblem(Problem):
    """Crystals ABX3 by gap and stability."""

    name: ClassVar[str] = "matter.crystal"
    summary: ClassVar[str] = "perovskites ABX3 with a target band gap, by density functional theory"
    Settings: ClassVar[type] = CrystalSettings
    judged: ClassVar[str] = (
        "The atoms of the file: spglib finds their space group, and pw.x computes energy, gap and "
        "pressure at these positions."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "The hull is that of two binaries in a handful of types and nine types of ABX3, not of all "
        "known phases; no element is oxidised or reduced.",
        "The structure type of ABX3 with the lowest energy is determined by CHGNet alone.",
        "PBE gaps are smaller than measured ones, and those of lead, tin and mercury would shrink "
        "further with spin-orbit coupling.",
        "Whether a crystal is stable against vibrations, heat or air is not computed.",
    )
    inputs: ClassVar[tuple[Input, ...]] = (FORMULA, powder.PATTERN)
    validity = ("symmetry_preserved",)
    default_family: ClassVar[str] = "tokens_flow_matching"
    searches: ClassVar[SearchDefaults] = SearchDefaults("tuned", batch=2)
    licence = LICENCE

    def __init__(self, settings: CrystalSettings, given: Given = NOTHING) -> None:
        """Open the engines and the known crystals.

        Raises:
            MissingExtra: if CHGNet, spglib or the second potential of a setup is not installed.
            InputError: for a formula that no listed crystal has, or a pattern without lines.
        """
        self.settings, self.given = settings, given
        if settings.second_potential:
            second_potential.version()  # fails early where it is missing
        self.listed = grammar.perovskites(settings.elements, settings.types)
        self.requested = self._of_formula(given)
        self.wanted = powder.given(given["pattern"]) if "pattern" in given else None
        self.stretched: dict[str, Crystal] = {}  # crystals whose edges fit the pattern, by text
        wide = max(Wyckoff.of(text).free for text in self.listed)
        self.wide = max(wide, 1)
        self.system = digest([asdict(settings), dict(given.digests)])
        self.variables = (
            Variable("crystal", (), "1", "space group, elements and letters", longest=LONGEST),
            Variable("edges_m", ("edge",), "m", "edges of the cell", *EDGES_M, shown="angstrom"),
            Variable("free", ("coordinate",), "1", "what letters leave free", -1.0, 1.0),
        )
        self.sizes = {"edge": 3, "coordinate": self.wide}
        self.gaps = _gaps()
        self.conditions = _conditions(settings.judge)
        limits = LIMITS if settings.judge == "pw.x" else LIMITS[:3]
        self.limits = tuple(x for x in limits if not given.values or x.quantity not in GAPS)
        self.limits += () if self.wanted is None else (PATTERN_FITS,)
        self.tiers = (self._judge(),)
        if settings.judge == "pw.x":
            self._ask_again(settings.second_cutoff_ry)
        files = (
            Cif(self.requested, self.variables, self.wide),
            Poscar(self.requested, self.variables, self.wide),
        )
        self.formats = {f.name: f for f in files}
        self._known = self._read()
        self.codec = self._codec()

    def _ask_again(self, cutoff_ry: float) -> None:
        """Set the cross-check: a share of the crystals at a higher cutoff, if pw.x is installed."""
        finer = replace(
            self._judge(), cutoff_ry=cutoff_ry, parts=BY_PW, name="pw.x with more waves"
        )
        missing = espresso.absent()
        if missing is None:
            self.second = Second(finer, SHARE, most=1)
        else:
            self.notes = (f"Crystals without a kept result have no verdict: {missing}.",)

    def _codec(self) -> TwoKindCodec:
        """Return the codec of requested texts that keep their group, if any, and their numbers."""
        written = [text for text in self.requested if text not in self.collapsed] or list(
            self.requested
        )
        words = grammar.codec(list(self.listed), LONGEST, written)
        numbers = Channels.between((EDGES_M, (-1.0, 1.0)), own=((3,), (self.wide,)), logs=(0,))
        return TwoKindCodec(words, numbers)

    def _of_formula(self, given: Given) -> Mapping[str, tuple[str, ...]]:
        """Return the listed texts of the given formula; all texts without one."""
        if "formula" not in given:
            return self.listed
        text = str(given["formula"])
        counts = {e: int(n or 1) for e, n in _PART.findall(text)}
        written = "".join(m.group() for m in _PART.finditer(text)) == text
        if not written or sorted(counts.values()) != ABX3 or len(_PART.findall(text)) != len(ABX3):
            raise InputError("a formula ABX3 of three elements", text, "Write CsPbI3.")
        charges.check(counts)
        found = {
            t: row
            for t, row in self.listed.items()
            if Wyckoff.of(t).reduced.items() == counts.items()
        }
        if not found:
            raise InputError(
                f"a formula of the setup's elements {', '.join(self.settings.elements)}, whose "
                "binaries are of known types",
                text,
                "Name its elements in the setup, if crystals of them are known.",
            )
        return found

    def _judge(self) -> CrystalVerifier:
        s = self.settings
        first: tuple[Part, ...] = () if self.wanted is None else ("matched",)
        more: tuple[Part, ...] = ("seconded",) if s.second_potential else ()
        if s.judge == "pw.x":
            parts = *first, "screened", "lowest", *more, *BY_PW  # a rejection saves pw.x
            return CrystalVerifier(s.cutoff_ry, s.processes, self.gaps, parts, wanted=self.wanted)
        return CrystalVerifier(
            s.cutoff_ry,
            s.processes,
            self.gaps,
            (*first, "screened", *more),
            name="chgnet",
            tier="cheap",
            wanted=self.wanted,
        )

    def _read(self) -> xr.Dataset:
        """Read the known crystals of the setup, with gaps from pw.x or else the estimate."""
        retained = KNOWN.complete()
        own = np.flatnonzero(np.isin(retained["crystal"], list(self.listed)))
        own = own[np.isfinite(retained["above_ev"][own])]
        free = np.zeros((len(own), self.wide))
        width = min(self.wide, retained["free"].shape[1])
        free[:, :width] = retained["free"][own, :width]
        found = (
            codes(retained["crystal"][own], LONGEST, name="crystal"),
            torch.from_numpy(retained["edges_m"][own]),
            torch.from_numpy(free),
        )
        made = [c for c in crystals(found) if c is not None]
        self.minima = {c.sites.text: c for c in made}
        keeps = retained["keeps"][own]  # others relaxed into a crystal of a higher group
        whole = keeps if keeps.any() else np.ones_like(keeps)
        self.collapsed = {c.sites.text for c, stays in zip(made, whole, strict=True) if not stays}
        own, made = own[whole], [c for c, stays in zip(made, whole, strict=True) if stays]
        groups = tuple(array[torch.from_numpy(whole)] for array in found)
        systems = [self.listed[text][1:] for text in retained["crystal"][own].tolist()]
        order = {abc: k for k, abc in enumerate(dict.fromkeys(sorted(systems)))}
        held = np.array([order[abc] % HELD_OUT_EVERY == 0 for abc in systems])
        known = to_dataset(groups, self.variables, {}).assign_coords(
            gap=(DESIGN, np.clip(self.gaps.ev(made), 0.0, 10.0)),
            stability=(DESIGN, np.clip(retained["above_ev"][own], -1.0, 3.0)),
            held_out=(DESIGN, held),
        )
        if self.wanted is None:
            return known
        self.input_codecs = {powder.PATTERN.name: powder.ProfileCodec()}
        return known.assign_coords(pattern=((DESIGN, "angle"), powder.known(made)))

    def data(self) -> xr.Dataset:
        """Return all ABX3 of the setup, relaxed by CHGNet; a fifth of the systems is held out."""
        return self._known

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection onto tied edges in range, and existing coordinates."""

        def onto(found: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            words, edges, free = found[0], found[1].clone(), torch.zeros_like(found[2])
            for k, c in enumerate(crystals(found)):
                if c is None or c.sites.text not in self.listed:
                    continue
                start = self._start(c.sites.text).edges_m
                near = np.clip(c.edges_m, SQUEEZED * start, STRETCHED * start)
                edges[k] = torch.from_numpy(c.sites.tied(near))
                free[k, : c.sites.free] = torch.from_numpy(c.free[: c.sites.free])
            return words, edges, free

        return onto

    def repair(self, found: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Relax by CHGNet under symmetry, from the starting point of the crystal's type.

        So a text has one crystal, and pw.x runs once for it, whatever numbers a model wrote. With a
        given pattern all edges are then scaled alike until its lines fit.
        """
        texts = [c.sites.text for c in crystals(found) if c is not None]
        new = [t for t in dict.fromkeys(texts) if t not in self.minima and t in self.listed]
        starts = [self._start(text) for text in new]
        self.minima.update(zip(new, (c for c, _ in potential.relaxed(starts)), strict=True))
        if self.wanted is not None:
            for text in set(texts) & (set(self.minima) - set(self.stretched)):
                self.stretched[text] = powder.fitted(self.minima[text], self.wanted)
        repaired = tuple(array.clone() for array in found)
        for k, c in enumerate(crystals(found)):
            if c is not None and c.sites.text in self.minima:
                own = self.stretched.get(c.sites.text) or self.minima[c.sites.text]
                repaired[1][k] = torch.from_numpy(own.edges_m)
                repaired[2][k] = 0.0
                repaired[2][k, : own.sites.free] = torch.from_numpy(own.free[: own.sites.free])
        return repaired

    def _start(self, text: str) -> Crystal:
        name, a, b, x = self.listed[text]
        return PEROVSKITES[name].start(A=a, B=b, X=x)

    def labels(self) -> dict[str, Any]:
        """Return the names of the edges, and the numbers of free coordinates."""
        return {"edge": np.array(["a", "b", "c"]), "coordinate": np.arange(self.wide)}

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show cells, the hull, gaps and a powder pattern."""
        made = [c for c in crystals(to_arrays(designs, self.variables)) if c is not None]
        if len(made) < designs.sizes[DESIGN]:
            return ()
        return report.sections(made, designs, verdicts, self.gaps)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return a cubic perovskite: its shortest distance is from B to X, half the edge.

        Source: Shannon's radii of Pb and I for six neighbours, 1.19 and 2.20 angstrom.
        """
        text = "Pm-3m Cs_a Pb_b I_c"
        if text not in self.listed:
            return ()
        found = codes([text], LONGEST), torch.full((1, 3), 6.4e-10), torch.zeros(1, self.wide)
        one = to_dataset(tuple(x.to(torch.float64) for x in found), self.variables, {})
        return ((one, {"closest": 3.2 / 3.39, "symmetry_preserved": 1.0}, 1e-9),)


def _gaps() -> GapEstimate:
    """Fit the gap estimate on the results that ship with the package."""
    retained = [
        (c, g) for c, g in results.packaged() if list(c.sites.reduced.values()) == [1, 1, 3]
    ]
    return GapEstimate.of([c for c, _ in retained], [g.gap_ev for _, g in retained])
