"""Train the generator of molecules anew, or teach the one that comes trained to hear conditions.

Write `python -m ingenium.domains.molecules.trained FOLDER`; a stopped training goes on. The default
recipe takes about an hour on one core with AMX or AVX-512 for bfloat16, that of `--small` ten
minutes; `moses.json` says what it was trained on and what it cost. With `--told` it makes
`moses.told.safetensors` and `moses.told.json` from the weights of the package, in less than an
hour; they belong beside these weights and to no others.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from ingenium.core.errors import IngeniumError
from ingenium.core.recipe import printed
from ingenium.domains.molecules.trained.recipe import SMALL, LanguageRecipe, train
from ingenium.domains.molecules.trained.told import HEARD, Lesson, teach


def main() -> None:
    """Train, and write `moses.safetensors` and `moses.json` into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--small", action="store_true", help="what a core trains in ten minutes")
    parser.add_argument("--steps", type=int, help="of training, other than the recipe has")
    parser.add_argument("--molecules", type=int, help="other than the recipe has")
    parser.add_argument("--width", type=int, help="other than the recipe has")
    parser.add_argument("--layers", type=int, help="other than the recipe has")
    parser.add_argument("--told", action="store_true", help="teach the trained one conditions")
    asked = parser.parse_args()
    if asked.told and (asked.small or asked.width is not None or asked.layers is not None):
        parser.error("--told takes the network that comes trained: leave its size out")
    try:
        if asked.told:
            teach(_lesson(asked), asked.folder, watch=printed, progress=_told)
        else:
            train(_recipe(asked), asked.folder, watch=printed, progress=_told)
    except IngeniumError as error:
        sys.exit(str(error))


def _recipe(asked: argparse.Namespace) -> LanguageRecipe:
    own = {k: getattr(asked, k) for k in ("molecules", "width", "layers")}
    recipe = replace(
        SMALL if asked.small else LanguageRecipe(),
        **{k: v for k, v in own.items() if v is not None},
    )
    if asked.steps is not None:
        recipe = replace(recipe, plan=replace(recipe.plan, steps=asked.steps))
    return recipe


def _lesson(asked: argparse.Namespace) -> Lesson:
    lesson = Lesson(HEARD)
    if asked.molecules is not None:
        lesson = replace(lesson, molecules=asked.molecules)
    if asked.steps is not None:
        lesson = replace(lesson, plan=replace(lesson.plan, steps=asked.steps))
    return lesson


def _told(step: int, steps: int, loss: float) -> None:
    if step % 10 == 0:
        text = f"\rstep {step}/{steps}, held-out loss {loss:.4f}   "
        print(text, end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
