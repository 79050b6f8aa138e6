"""The generators of sketches that come with the package: as they were trained, and on a device."""

import json
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch

from ingenium.core.problem import Shipped
from ingenium.domains.edge.doodle.grammar import SketchGrammar
from ingenium.domains.edge.doodle.strokes import LONGEST, STEPS, vocabulary
from ingenium.edge.artifact import HEADER, SOURCE, SmallGenerator
from ingenium.edge.link import DESIGNS_S, HelpedProposals, HelpedRunner, HelpLink
from ingenium.edge.parts import Runner, instead, part_of
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.codec import Grammar, TokenCodec
from ingenium.generators.tokens.drawing import Drawing
from ingenium.generators.tokens.families import recurrent

NAME, ON_DEVICE = "pen", "pen_on_device"
WIDTH = 88  # whose steps a Cortex-M7 takes 45 times in 50 ms
DRAWING = Drawing(temperature=0.75)  # cooler than it learned: fewer slips of the pen
FOLDER = Path(__file__).parent


def codec(words: tuple[str, ...], grammar: Grammar | None = None) -> TokenCodec:
    """The tokens of sketches."""
    return TokenCodec(vocabulary(words), STEPS, LONGEST, grammar, "sketch")


def network(words: tuple[str, ...], grammar: Grammar | None = None) -> TokenAutoregressive:
    """A small memory that writes points, with first weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        own = codec(words, grammar)
        family = recurrent((STEPS,), len(words), own, width=WIDTH, layers=1, dropout=0.15)
    family.drawing = DRAWING
    return family


@dataclass(frozen=True)
class PenHelp:
    """Machines that run the pen for the device while they answer; none if empty."""

    edge: str = ""  # HOST:PORT, asked for each step
    cloud: str = ""  # asked for whole sketches


ALONE = PenHelp()


def on_device(
    kind: str, words: tuple[str, ...], grammar: Grammar | None = None, helped: PenHelp = ALONE
) -> TokenAutoregressive:
    """The same, whose network is the file that the board runs.

    Raises:
        CorruptError: if the file is not the one that was judged.
    """
    family = network(words, grammar)
    small = _small(kind)
    runners: dict[str, Runner] = dict(small.runners())
    if helped.edge:
        link = HelpLink(helped.edge, small.files)
        runners = {k: HelpedRunner(own, k, link) for k, own in runners.items()}
    seated = part_of(family, NAME).seated(family, runners)
    assert isinstance(seated, TokenAutoregressive)
    begun = isinstance(grammar, SketchGrammar) and grammar.begun
    if helped.cloud and not begun:  # which knows nothing of first strokes
        link = HelpLink(helped.cloud, small.files, DESIGNS_S)
        instead(seated, "propose", HelpedProposals(seated.propose, link))
    return seated


def _small(kind: str) -> SmallGenerator:
    return SmallGenerator.open(place(kind), without=(SOURCE, HEADER))


def place(kind: str) -> Path:
    """The folder of the small generator of a kind."""
    return FOLDER / "small" / kind


@cache
def record(kind: str) -> dict[str, Any] | None:
    """What was measured of it; none before it was made."""
    path = place(kind) / SmallGenerator.file
    return dict(json.loads(path.read_bytes())) if path.is_file() else None


def shipped(
    kind: str, words: tuple[str, ...], grammar: Grammar | None = None, helped: PenHelp = ALONE
) -> dict[str, Shipped]:
    """The pen, and the one on the device where it was made."""
    weights, own = FOLDER / f"{kind}.safetensors", record(kind)
    found = {NAME: Shipped(partial(network, words, grammar), weights, {"width": WIDTH})}
    if own is None:
        return found
    about = {"recipe": own["recipe_title"], "files": own["evidence"]["files"]}
    return found | {
        ON_DEVICE: Shipped(partial(on_device, kind, words, grammar, helped), weights, about)
    }
