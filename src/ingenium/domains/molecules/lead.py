"""Problem `molecules.lead`: molecules of specified properties, groups and similarity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from types import MappingProxyType
from typing import ClassVar, Literal

import numpy as np
import xarray as xr
from rdkit import Chem, DataStructs

from ingenium.core.errors import InputError
from ingenium.core.problem import Pretrained, Section
from ingenium.core.quantity import Condition, Quantity
from ingenium.core.spec import Limit
from ingenium.domains.molecules import report, solubility_report
from ingenium.domains.molecules.best_proposal import BestProposal
from ingenium.domains.molecules.contradictions import check_limits, check_written
from ingenium.domains.molecules.known import LONGEST, Source, known, values
from ingenium.domains.molecules.language import PIECES
from ingenium.domains.molecules.library import novelty
from ingenium.domains.molecules.molecule_problem import MoleculeProblem
from ingenium.domains.molecules.molecule_target import CONDITIONS, NOTHING, Heard, MoleculeTarget
from ingenium.domains.molecules.required_group import growing
from ingenium.domains.molecules.route import route_quantity
from ingenium.domains.molecules.trained import conditional, model
from ingenium.domains.molecules.verifier import RULES, EnginePart, MoleculeVerifier
from ingenium.kits.chemistry import solubility, xtb
from ingenium.kits.chemistry.groups import Groups
from ingenium.kits.chemistry.likeness import prints, similarity
from ingenium.kits.chemistry.parsing import parsed, required
from ingenium.kits.chemistry.safety import DualUseScreen

CHOSEN = "moses_lstm_chosen"
HEARING = "moses_lstm_conditional"
SOURCES = 4000  # known molecules that may show how several groups are joined
LOOKED, MISSED = 500, 0.05  # known molecules; share of designs whose selection may lack a group
CHOICE = (
    "Where the generator is one that comes trained, each design is chosen from {} proposals by "
    "rules that cost little: shares of designs that hold are not shares of proposals."
)
GROWN = (
    'Generators that write token by token grow each molecule from "{}", by single bonds at atoms '
    "that are free, so that it closes no new ring with it; other groups to keep are chosen for."
)
SPARED = (
    'Those that come trained choose for "{}" instead, since many known molecules hold it: to grow '
    "from it would leave them less to say of the rest."
)
PLACED = "The atoms and bonds of each record, in canonical form, and of electrons where atoms lie."
ONE = (
    "Electrons are those of the one conformer in the file; a record without all its atoms in space "
    "is embedded anew, which `atoms_from` says.",
    "A molecule has no place of its own: a file may have it anywhere.",
)
ABSENT = MappingProxyType(
    {"similarity": 'query = "CC(=O)Nc1ccc(O)cc1" (the SMILES of a molecule to be like)'}
    | {q.name: "solubility = true" for q in solubility.QUANTITIES}
    | {q.name: 'electrons = "gfn2_relaxed"' for q in xtb.RELAXED}
    | {q.name: 'electrons = "gfn2"' for q in xtb.QUANTITIES}
    | {q.name: "route = 30" for q in route_quantity.QUANTITIES}
)
"""Quantities that are measured only where the setup asks for them, and what it then holds."""


@dataclass(frozen=True)
class LeadSettings:
    """Settings of `molecules.lead`: groups and similarity, and the extent of measurements.

    Each of `keep` and `avoid` is a substructure in SMARTS, which `groups_missing` and
    `groups_unwanted` count; `query` is the molecule to which similarity is measured.
    """

    query: str = ""  # molecule to which similarity is measured, as SMILES
    keep: tuple[str, ...] = ()  # groups that a lead must have, as SMARTS
    avoid: tuple[str, ...] = ()  # groups that a lead must not have, as SMARTS
    solubility: bool = False  # predict it, with an interval
    electrons: Literal["none", "gfn2", "gfn2_relaxed"] = "none"  # 0.1 or 0.7 s a molecule
    route: int = 0  # molecules that a search of a route may take apart, such as 30; 0 for none
    tries: int = 16  # proposals for each design, of which cheap rules choose one
    source: Source = "moses"  # set of known molecules
    known: int = 20_000  # molecules to learn from, every tenth of them held out
    screen: bool = True  # refuse molecules of concern for dual use
    processes: int = 1  # number of processes that measure


class Lead(MoleculeProblem):
    """New molecules of specified properties, verified by rules, models and electronic structure."""

    name: ClassVar[str] = "molecules.lead"
    summary: ClassVar[str] = "new molecules that meet limits on properties and functional groups"
    Settings: ClassVar[type] = LeadSettings
    validity = ("pieces", "radicals")
    default_family: ClassVar[str] = HEARING

    def __init__(self, settings: LeadSettings) -> None:
        """Open the problem.

        Raises:
            InputError: for no tries, a query that is no single molecule, a query or required group
                that the screen refuses, groups that are no SMARTS, contradict each other or cannot
                be written, or a number of known molecules that is too small or too large.
        """
        if settings.tries < 1:
            raise InputError("at least one try", settings.tries, "Write tries = 16.")
        if settings.route < 0:
            raise InputError("route of at least 0", settings.route, "Write route = 30.")
        screen, groups = DualUseScreen(settings.screen), Groups(settings.keep, settings.avoid)
        for text, query in groups.retained.items():
            screen.admit_group(text, query)
        check_written(groups.retained, PIECES[settings.source].split(), LONGEST[settings.source])
        if settings.query:
            screen.admit(required(settings.query, "the query"), "the query")
        placed = settings.electrons != "none"
        self.opened(settings.source, settings.known, screen, placed=placed)
        if placed:
            self.judged, self.unchecked = PLACED, (*ONE, *self.unchecked[1:])  # type: ignore[misc]
        self.settings, self.groups = settings, groups
        self._grow()
        if settings.source != "moses":
            self.default_family = "lstm"  # type: ignore[misc]  # which is fitted to what is known
        if settings.source == "moses" and settings.tries > 1:
            self.notes = (*self.notes, CHOICE.format(settings.tries))
        self.conditions = (
            _wanted("weight", "molecular weight", 30.0, 700.0, "g/mol"),
            _wanted("logp", "Crippen's logP", -8.0, 12.0),
            _wanted("tpsa", "polar surface area", 0.0, 300.0, "angstrom**2"),
        )
        self.limits = (
            Limit("pieces", at_most=1.0),
            Limit("radicals", at_most=0.0),
            Limit("qed", at_least=0.6),
            Limit("sa_score", at_most=3.5),
            Limit("alerts", at_most=0.0),
            Limit("groups_missing", at_most=0.0),
            Limit("groups_unwanted", at_most=0.0),
            Limit("in_training", at_most=0.0),
        )
        self.absent, parts = ABSENT, _parts(settings, groups)
        self.tiers = (MoleculeVerifier(parts, screen, settings.processes),)
        self.target = MoleculeTarget(
            self.conditions, groups, settings.source, self.known, parts, self.limits
        )

    def _grow(self) -> None:
        """Let proposals grow from all required groups together, or else from the largest.

        Several groups are joined as in the query, or in known molecules. A family that selects
        among its proposals is not constrained where nearly all selections would contain the groups:
        starting each text with them would reduce the variety of the rest.
        """
        self.free = self.codec
        retained = self.groups.retained
        alone = [
            (text,) for text in sorted(retained, key=lambda text: -retained[text].GetNumAtoms())
        ]
        sources = (*filter(None, (self.settings.query,)), *self.known.smiles[:SOURCES])
        for texts in ([tuple(retained)] if len(retained) > 1 else []) + alone:
            if first := growing(texts, self.codec, sources):
                self.codec = replace(self.codec, first=first)
                named = '" and "'.join(texts)
                self.notes = (*self.notes, GROWN.format(named))
                some = [required(s, "a known molecule") for s in self.known.smiles[:LOOKED]]
                lacking = np.mean(
                    [
                        not all(mol.HasSubstructMatch(retained[text]) for text in texts)
                        for mol in some
                    ]
                )
                if lacking**self.settings.tries > MISSED:
                    self.free = self.codec
                elif self.settings.source == "moses":
                    self.notes = (*self.notes, SPARED.format(named))
                return

    def allow(self, limits: Sequence[Limit]) -> None:
        """Refuse limits that no molecule satisfies, or none with the required groups.

        Accepted limits are used to select proposals from then on.

        Raises:
            InputError: with the limit.
        """
        check_limits(limits, self.groups.retained)
        self.target = replace(self.target, limits=tuple(limits))

    def conditions_of(self, smiles: tuple[str, ...]) -> Mapping[str, np.ndarray]:
        """Return weight, logP and polar surface of known molecules."""
        table = values(smiles, tuple(CONDITIONS.values()))
        return {name: table[:, i] for i, name in enumerate(CONDITIONS)}

    def pretrained(self) -> Mapping[str, Pretrained]:
        """Pretrained generators (MOSES) whose proposals are selected by cheap rules.

        One is conditional on the request, the other is not.
        """
        if self.settings.source != "moses":
            return {}
        (plain,) = model.pretrained(self.longest).values()
        heard = conditional.pretrained(self.longest)
        return {
            CHOSEN: replace(plain, make=lambda: self._chosen(plain)),
            HEARING: replace(heard, make=lambda: self._chosen(heard, conditional.hears())),
        }

    def _chosen(self, pretrained: Pretrained, heard: Heard = NOTHING) -> BestProposal:
        family = pretrained.make()
        family.tokens = self.free
        return BestProposal(family, self.codec, self.target, self.settings.tries, heard)

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report structures, contributions to solubility, the property plane, and the library."""
        first, *rest = report.sections(self.known, designs, verdicts, ("logp", "qed"))
        soluble = solubility_report.section(designs, verdicts) if self.settings.solubility else ()
        return (first, *soluble, *rest)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Paracetamol, with textbook values."""
        design = self.designs_of(("CC(=O)Nc1ccc(O)cc1",))
        truth = {"weight": 151.165, "tpsa": 49.33, "heavy_atoms": 11, "rings": 1, "donors": 2}
        return ((design, truth, 1e-4),)


def _parts(settings: LeadSettings, groups: Groups) -> tuple[EnginePart, ...]:
    counts = (
        Quantity("groups_missing", "1", "groups to keep that are not there"),
        Quantity("groups_unwanted", "1", "groups to avoid that are there"),
    )
    near = Quantity("nearest_known", "1", "Tanimoto similarity to the nearest known molecule")
    parts = [
        *RULES,
        novelty(settings.source),
        EnginePart(counts, partial(_groups, groups)),
        EnginePart((near,), partial(_nearest, settings.source, settings.known), cost_ms=2.5),
    ]
    if settings.query:
        alike = Quantity("similarity", "1", f"Tanimoto similarity to {settings.query}")
        parts.append(EnginePart((alike,), partial(_similarity, settings.query)))
    if settings.solubility:
        parts.append(EnginePart(solubility.QUANTITIES, solubility.measured, "scikit-learn", 2.0))
    if settings.route:
        parts.append(
            EnginePart(
                route_quantity.QUANTITIES,
                partial(route_quantity.found, settings.route),
                cost_ms=40.0,
            )
        )
    if settings.electrons == "gfn2":
        parts.append(EnginePart(xtb.QUANTITIES, xtb.gap_and_dipole, "tblite", 75.0, placed=True))
    elif settings.electrons == "gfn2_relaxed":
        parts.append(EnginePart(xtb.RELAXED, xtb.relaxed_gap, "tblite", 700.0, placed=True))
    return tuple(parts)


def _groups(groups: Groups, mol: Chem.Mol) -> tuple[float, ...]:
    return (float(groups.missing(mol)), float(groups.unwanted(mol)))


def _similarity(query: str, mol: Chem.Mol) -> tuple[float, ...]:
    return (float(similarity([mol], _parsed(query))[0]),)


def _nearest(source: Source, count: int, mol: Chem.Mol) -> tuple[float, ...]:
    near = DataStructs.BulkTanimotoSimilarity(prints([mol])[0], _known_prints(source, count))
    return (float(max(near)),)


@cache
def _known_prints(source: Source, count: int) -> list[DataStructs.ExplicitBitVect]:
    whole = known(source, count)
    own = [s for s, held in zip(whole.smiles, whole.held_out, strict=True) if not held]
    return prints([parsed(s) for s in own])


@cache
def _parsed(smiles: str) -> Chem.Mol:
    return parsed(smiles)


def _wanted(name: str, long_name: str, low: float, high: float, unit: str = "1") -> Condition:
    """A requested number that is measured under its own name."""
    return Condition(f"wanted_{name}", long_name, None, low, high, unit, measured=name)
