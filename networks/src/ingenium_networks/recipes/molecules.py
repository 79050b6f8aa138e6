"""Recipe of the generator of molecules, and of its fine-tuning to follow conditions.

A stopped training resumes. The default recipe takes about an hour on one core with AMX or AVX-512
for bfloat16, the small one ten minutes; `moses.json` states its training data and its cost. The
conditional one (`moses.conditional.safetensors` and its `.json`) is trained from the weights of the
package in less than an hour and fits only these weights.
"""

import sys
from dataclasses import replace
from pathlib import Path

from ingenium.core.recipe import printed
from ingenium.domains.molecules.trained.conditional import HEARD, ConditionalTraining, teach
from ingenium.domains.molecules.trained.recipe import SMALL, LanguageRecipe, train


def make(
    folder: Path,
    *,
    small: bool = False,
    steps: int | None = None,
    molecules: int | None = None,
    width: int | None = None,
    layers: int | None = None,
) -> None:
    """Train the language model of molecules; `small` is what a core trains in ten minutes."""
    usual = SMALL if small else LanguageRecipe()
    recipe = replace(
        usual,
        molecules=molecules or usual.molecules,
        width=width or usual.width,
        layers=layers or usual.layers,
        plan=replace(usual.plan, steps=steps or usual.plan.steps),
    )
    train(recipe, folder, watch=printed, progress=_reported)


def make_conditional(
    folder: Path, *, steps: int | None = None, molecules: int | None = None
) -> None:
    """Teach the pretrained language model of molecules to follow conditions."""
    examples = ConditionalTraining(HEARD)
    if molecules is not None:
        examples = replace(examples, molecules=molecules)
    if steps is not None:
        examples = replace(examples, plan=replace(examples.plan, steps=steps))
    teach(examples, folder, watch=printed, progress=_reported)


def _reported(step: int, steps: int, loss: float) -> None:
    if step % 10 == 0:
        text = f"\rstep {step}/{steps}, held-out loss {loss:.4f}   "
        print(text, end="", file=sys.stderr, flush=True)
