"""Words that name the thing of a problem: its name, the head of its summary, and others."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from ingenium.words.lexicon import terms

HEAD = re.compile(r"[:;,(]")  # where the first part of a summary ends
GENERIC = frozenset(  # of titles, that could say anything elsewhere
    ["limit", "given", "good", "wanted", "model", "short", "synthetic", "independent", "several"]
)


@cache
def others() -> Mapping[str, tuple[str, ...]]:
    """Other words and phrases for the thing of each problem."""
    text = files("ingenium.words").joinpath("titles.toml").read_text(encoding="utf-8")
    listed = tomllib.loads(text)
    return {name: tuple(p.strip() for p in said.split(",")) for name, said in listed.items()}


@cache
def title_terms(problem: str, summary: str) -> frozenset[str]:
    """Terms of a problem's own name, and of the head of its summary."""
    name = problem.replace(".", " ").replace("_", " ")
    return frozenset({*terms(name), *terms(HEAD.split(summary)[0])} - GENERIC)


@cache
def other_terms(problem: str) -> frozenset[str]:
    """Terms of the other words for the thing of a problem."""
    return frozenset(terms(" ".join(p for p in others().get(problem, ()) if " " not in p)))


@cache
def title_form(problem: str) -> re.Pattern[str] | None:
    """Phrases that name the thing of a problem, as one pattern; None if there are none."""
    phrases = [p for p in others().get(problem, ()) if re.search(r"[\s-]", p)]
    if not phrases:
        return None
    listed = sorted(phrases, key=len, reverse=True)
    forms = (re.escape(p).replace(r"\ ", r"[\s-]+").replace(r"\-", r"[\s-]?") for p in listed)
    return re.compile(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)", re.IGNORECASE)
