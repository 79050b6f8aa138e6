"""Conditional version of the trained generator, by a short training under conditions.

It starts from the pretrained weights and only learns the effect of conditions. A share of the
molecules hides them, so that it still proposes without any, and proposals can be guided (`guidance`
in a spec).

Source: Ho and Salimans, 2022, arXiv:2207.12598 (hidden conditions); Kotsias et al., Nature Machine
    Intelligence 2:254, 2020 (recurrent generators of molecules under conditions).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from jaxtyping import Float
from safetensors.torch import load_file, save
from torch import Tensor, nn

from ingenium.core.digest import content_digest, file_digest
from ingenium.core.errors import CorruptError
from ingenium.core.folders import write_atomic
from ingenium.core.networks import installed, network_file
from ingenium.core.problem import Pretrained, Watch, silent
from ingenium.core.seeds import one_thread
from ingenium.domains.molecules.trained import model
from ingenium.domains.molecules.trained.recipe import LanguageRecipe, written
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.drawing import Drawing
from ingenium.kits.chemistry.parsing import parsed
from ingenium.kits.chemistry.rules import measured
from ingenium.train.plan import Plan

CONDITIONING = Plan(
    steps=2000,
    batch=256,
    learning_rate=1e-3,
    ema_decay=0.98,
    warmup=0.05,
    held_out=0.01,
    patience=1000,
    check_every=100,
)
AT_ONCE = 10_000  # molecules between two progress updates
NAME = "moses.conditional"  # of the files
HEARD: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "weight": (30.0, 700.0),
        "logp": (-8.0, 12.0),
        "tpsa": (0.0, 300.0),
        "qed": (0.0, 1.0),
        "sa_score": (1.0, 10.0),
        "rings": (0.0, 8.0),
        "aromatic_rings": (0.0, 6.0),
        "rotatable": (0.0, 16.0),
        "donors": (0.0, 8.0),
        "acceptors": (0.0, 14.0),
        "sp3": (0.0, 1.0),
    }
)
"""What the generator that comes told hears: the quantities that specs of leads limit most."""


@dataclass(frozen=True)
class ConditionalTraining:
    """Conditions of each training molecule, and the length of training."""

    conditions: Mapping[str, tuple[float, float]]  # ranges of quantities of rules, from -1 to 1
    molecules: int = 200_000  # of the training split of MOSES, in a fixed random order
    temperature: float = 0.96  # of what is proposed
    plan: Plan = CONDITIONING


def deafened(base: TokenAutoregressive, cond: Float[Tensor, "n c"]) -> TokenAutoregressive:
    """Return the generator with inputs for conditions that have no effect yet.

    Shapes: n molecules with c conditions, whose mean and spread scale the inputs.
    """
    c, width = cond.shape[1], base.unknown.shape[0]
    conditional = TokenAutoregressive(
        base.shape,
        c,
        base.tokens,
        base.decoder,
        width=width,
        dropout=base.dropout,
        drawing=base.drawing,
    )
    state = base.state_dict()
    retained = {k: v for k, v in state.items() if not k.startswith("told.")}
    conditional.load_state_dict(conditional.state_dict() | retained)
    first, last = (conditional.get_submodule(f"told.{i}") for i in (0, 2))
    if not (isinstance(first, nn.Linear) and isinstance(last, nn.Linear)):
        raise TypeError("a generator that is told by two layers")
    with torch.no_grad():
        mean, spread = cond.mean(0), cond.std(0).clamp(min=1e-6)
        first.weight.div_(spread)
        first.bias.sub_(first.weight @ mean)
        last.weight.zero_()
        last.bias.copy_(base.told(torch.zeros(1, base.c))[0])
    return conditional


def teach(
    requested: ConditionalTraining,
    folder: Path,
    *,
    base: Path = model.FOLDER,
    watch: Watch = silent,
    progress: Callable[[int, int, float], None] | None = None,
) -> None:
    """Train and write `moses.conditional.safetensors` and `.json`; a stopped training resumes."""
    texts = written(LanguageRecipe(molecules=requested.molecules), watch)
    tokens = model.codec("moses", max(map(len, texts)), base)
    own = TokenCodec(tokens.vocabulary, tokens.steps, tokens.longest)  # they are Kekulé already
    length = [len(row) for row in own.vocabulary.encode(texts)]
    texts = [text for text, n in zip(texts, length, strict=True) if n < own.steps]
    cond = _conditions(texts, requested, watch)
    family = model.network(tokens.longest, base)
    state = load_file(installed(network_file("moses.safetensors", base, model.FOLDER)))
    family.load_state_dict({k: v.float() for k, v in state.items()})
    with torch.random.fork_rng(devices=[]), one_thread():
        torch.manual_seed(requested.plan.seed)
        family = deafened(family, cond)
        plan = replace(
            requested.plan, checkpoint=folder / "conditional.checkpoint", progress=progress
        )
        curve = family.fit(own.of_texts(texts), cond, plan)
    about = {"losses": {k: v[-1] for k, v in curve.items()}, "designs": len(texts)}
    _store(family, requested, folder, about | {"base": model.facts(base)["weights"]})


def _conditions(
    texts: list[str], requested: ConditionalTraining, watch: Watch
) -> Float[Tensor, "n c"]:
    """Rule-based quantities of the molecules, scaled to [-1, 1] over the ranges."""
    names, rows = tuple(requested.conditions), []
    for start in range(0, len(texts), AT_ONCE):
        watch("properties", start, len(texts))
        rows += [measured(names, parsed(text)) for text in texts[start : start + AT_ONCE]]
    low, high = torch.tensor(list(requested.conditions.values())).T
    cond: Tensor = 2 * (torch.tensor(rows) - low) / (high - low) - 1
    return cond


def _store(
    family: TokenAutoregressive,
    requested: ConditionalTraining,
    folder: Path,
    about: Mapping[str, Any],
) -> None:
    weights = save({k: v.half().contiguous() for k, v in family.state_dict().items()})
    text = {
        "recipe": _plain(requested),
        "weights": content_digest(weights),
        "about": dict(about),
    }
    write_atomic(folder / f"{NAME}.safetensors", weights)
    write_atomic(folder / f"{NAME}.json", json.dumps(text, indent=1) + "\n")


def _plain(requested: ConditionalTraining) -> dict[str, Any]:
    plan = {k: v for k, v in asdict(requested.plan).items() if v is not None}
    return {
        "conditions": dict(requested.conditions),
        "molecules": requested.molecules,
        "temperature": requested.temperature,
        "plan": plan,
    }


@cache
def facts(folder: Path = model.FOLDER) -> dict[str, Any]:
    """Return the metadata of the weights: conditions, training, and base."""
    found: dict[str, Any] = json.loads((folder / f"{NAME}.json").read_text(encoding="utf-8"))
    return found


def hears(folder: Path = model.FOLDER) -> Mapping[str, tuple[float, float]]:
    """Return the ranges of the quantities on which it is conditioned, in order."""
    ranges = facts(folder)["recipe"]["conditions"]
    return {name: (float(low), float(high)) for name, (low, high) in ranges.items()}


def pretrained(longest: int, folder: Path = model.FOLDER) -> Pretrained:
    """Return the conditional generator as problems on molecules like those of MOSES offer it."""
    weights = network_file(f"{NAME}.safetensors", folder, model.FOLDER)
    found = facts(folder)

    def make() -> TokenAutoregressive:
        """Return the network.

        Raises:
            CorruptError: if it was trained on another base, or its weights do not match its
                metadata.
        """
        base = model.facts(folder)["weights"]
        if found["about"]["base"] != base:
            raise CorruptError(
                str(folder / f"{NAME}.json"),
                f"was taught on other weights ({found['about']['base']}) than lie beside it "
                f"({base})",
                "Write `ingenium make molecules_conditional FOLDER`, and put what it makes there.",
            )
        if weights.is_file() and found["weights"] != file_digest(weights):
            raise CorruptError(
                str(weights),
                f"holds other weights than {NAME}.json names",
                "Install the package again, or export weights and facts together.",
            )
        return _network(longest, len(hears(folder)), found["recipe"]["temperature"], folder)

    return Pretrained(make, weights, {k: found[k] for k in ("recipe", "about")})


def _network(longest: int, c: int, temperature: float, base: Path) -> TokenAutoregressive:
    """Network with inputs for c quantities, with initial weights."""
    family = deafened(model.network(longest, base), torch.zeros(2, c))
    family.drawing = Drawing(temperature=temperature)
    return family
