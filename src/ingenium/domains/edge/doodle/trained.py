"""Shipped generators of sketches: as trained, and for a device."""

import json
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch

from ingenium.core.problem import Pretrained
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
DRAWING = Drawing(temperature=0.75)  # cooler than in training: fewer slips of the pen
FOLDER = Path(__file__).parent


def codec(words: tuple[str, ...], grammar: Grammar | None = None) -> TokenCodec:
    """Return the codec of sketches."""
    return TokenCodec(vocabulary(words), STEPS, LONGEST, grammar, "sketch")


def network(words: tuple[str, ...], grammar: Grammar | None = None) -> TokenAutoregressive:
    """Return the untrained small recurrent network that writes points."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        own = codec(words, grammar)
        family = recurrent((STEPS,), len(words), own, width=WIDTH, layers=1, dropout=0.15)
    family.drawing = DRAWING
    return family


@dataclass(frozen=True)
class PenHelp:
    """Addresses of machines that run the generator for the device; none if empty."""

    edge: str = ""  # HOST:PORT, called for each step
    cloud: str = ""  # called for whole sketches


ALONE = PenHelp()


def on_device(
    kind: str, words: tuple[str, ...], grammar: Grammar | None = None, helped: PenHelp = ALONE
) -> TokenAutoregressive:
    """Return the generator whose network is the file that the board runs.

    Raises:
        CorruptError: if the file is not the judged one.
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
    if helped.cloud and not begun:  # which takes no first strokes
        link = HelpLink(helped.cloud, small.files, DESIGNS_S)
        instead(seated, "propose", HelpedProposals(seated.propose, link))
    return seated


def _small(kind: str) -> SmallGenerator:
    return SmallGenerator.open(place(kind), without=(SOURCE, HEADER))


def place(kind: str) -> Path:
    """Return the folder of a kind's small generator."""
    return FOLDER / "small" / kind


@cache
def record(kind: str) -> dict[str, Any] | None:
    """Read the measurements of the small generator; None before it exists."""
    path = place(kind) / SmallGenerator.file
    return dict(json.loads(path.read_bytes())) if path.is_file() else None


def pretrained(
    kind: str, words: tuple[str, ...], grammar: Grammar | None = None, helped: PenHelp = ALONE
) -> dict[str, Pretrained]:
    """Return the generator, and its device version where it exists."""
    weights, own = FOLDER / f"{kind}.safetensors", record(kind)
    found = {NAME: Pretrained(partial(network, words, grammar), weights, {"width": WIDTH})}
    if own is None:
        return found
    about = {"recipe": own["recipe_title"], "files": own["evidence"]["files"]}
    return found | {
        ON_DEVICE: Pretrained(partial(on_device, kind, words, grammar, helped), weights, about)
    }
