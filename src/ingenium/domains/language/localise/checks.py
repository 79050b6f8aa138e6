"""Checks of translated messages: placeholders, plurals, accelerators, terms, length, `msgfmt`."""

import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ingenium.core.errors import EngineError, InputError
from ingenium.core.packages import Extra
from ingenium.domains.language.localise.catalogue import Catalogue, CatalogueEntry
from ingenium.trust.environments.programs import on_path

PLACEHOLDER = re.compile(
    r"%(?:\d+\$)?[-+0# ]?\d*(?:\.\d+)?[sdifgxXuceE%]|%\(\w+\)[sdif]|%[A-Z_]{3,}%?"
    r"|\{\w*(?::[^{}]*)?\}|\$\(\w+\)|\$\{\w+\}|\$\w+|<[^<>]+>|&[a-z]+;|https?://\S+"
)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
ENDS = ("...", "\u2026", ":", ".", "!", "?")
SECONDS = 60.0
USE = "it compiles catalogues of messages"  # of msgfmt
C_FORMAT = ("c-format", "python-format", "python-brace-format")


@dataclass(frozen=True)
class LocaleRules:
    """Rules of a language and of a house: plurals, accelerator, glossary, greatest length."""

    language: str
    accelerator: str = ""  # mark before the letter of a key; empty if there is none
    glossary: Mapping[str, str] | None = None  # term by term
    longest: float = 2.0  # times the length of the source, and 10 characters

    @cached_property
    def plural(self) -> tuple[int, str]:
        """Number of plural forms, and the rule.

        Raises:
            InputError: for a language that is not known.
        """
        babel = Extra("reports").package("babel")
        plurals = Extra("reports").package("babel.messages.plurals")
        try:
            babel.Locale.parse(self.language)
        except (ValueError, babel.UnknownLocaleError):
            raise InputError(
                "a language such as de, fr or pt_BR", f'"{self.language}"', 'Write language = "de".'
            ) from None
        found = plurals.get_plural(self.language)
        return int(found.num_plurals), f"nplurals={found.num_plurals}; plural={found.plural_expr};"


def faults(entry: CatalogueEntry, rules: LocaleRules) -> dict[str, list[str]]:
    """Return what is wrong with the translation of a message, by kind; untranslated is none."""
    found: dict[str, list[str]] = {k: [] for k in KINDS}
    if not any(entry.target):
        return found
    if entry.plural and len(entry.target) != rules.plural[0]:
        found["plurals"].append(f"{len(entry.target)} forms of {rules.plural[0]}")
    elif (not entry.plural and len(entry.target) != 1) or not all(entry.target):
        found["plurals"].append("a form that is absent")
    for i, target in enumerate(entry.target):
        source = entry.plural if entry.plural and i else entry.source
        lone = bool(entry.plural) and not i  # may name the one without its number
        _placeholders(source, target, lone, found["placeholders"])
        _accelerator(source, target, rules.accelerator, found["accelerators"])
        if len(target) > rules.longest * len(source) + 10:
            found["lengths"].append(f"{len(target)} characters for {len(source)}")
        for term, wanted in (rules.glossary or {}).items():
            there = re.search(rf"\b{re.escape(term)}\b", _bare(source, rules), re.IGNORECASE)
            if there and wanted.casefold() not in _bare(target, rules).casefold():
                found["terms"].append(f"{term} without {wanted}")
    return found


KINDS = ("placeholders", "plurals", "accelerators", "terms", "lengths")


def _bare(text: str, rules: LocaleRules) -> str:
    return text.replace(rules.accelerator, "") if rules.accelerator else text


def _placeholders(source: str, target: str, lone: bool, into: list[str]) -> None:
    """Compare placeholders, numbers, the ends of lines and the space around."""
    own, other = (Counter(PLACEHOLDER.findall(t)) for t in (source, target))
    if extra := other - own:
        into.append(f"{next(iter(extra))} that the source lacks")
    if (lost := own - other) and not lone:
        into.append(f"without {next(iter(lost))}")
    plain = [Counter(NUMBER.findall(PLACEHOLDER.sub(" ", t))) for t in (source, target)]
    if sum((plain[0] - plain[1]).values()) and not lone:
        into.append(f"without the number {next(iter(plain[0] - plain[1]))}")
    edge = [
        (t[: len(t) - len(t.lstrip())], t[len(t.rstrip()) :], t.count("\n"))
        for t in (source, target)
    ]
    if edge[0] != edge[1]:
        into.append("other space around it, or other lines")
    ends = [next((e for e in ENDS if t.rstrip().endswith(e)), "") for t in (source, target)]
    if {ends[0], ends[1]} not in ({ends[0]}, {"...", "\u2026"}):
        into.append(f'an end of "{ends[1]}" for "{ends[0]}"')


def _accelerator(source: str, target: str, mark: str, into: list[str]) -> None:
    if not mark:
        return
    form = re.compile(rf"{re.escape(mark)}(?=\w)")
    counts = [len(form.findall(PLACEHOLDER.sub(" ", t))) for t in (source, target)]
    if counts[0] != counts[1] and counts[0] <= 1:
        into.append(f"{counts[1]} accelerators for {counts[0]}")


def compile_errors(catalogue: Catalogue) -> list[str]:
    """Return the messages of `msgfmt --check` on a catalogue; empty if it compiles.

    Raises:
        MissingProgram: if gettext is not installed.
        EngineError: if it does not end.
    """
    program = on_path("msgfmt", USE)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "messages.po"
        file.write_text(catalogue.po(), encoding="utf-8")
        command = [str(program), "--check", "--output-file=/dev/null", str(file)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, check=False,
                env={"LC_ALL": "C.UTF-8"},
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise EngineError(f"msgfmt did not end within {SECONDS:g} s") from error
    if not done.returncode:
        return []
    lines = [x.replace(str(file), "messages.po") for x in done.stderr.splitlines()]
    return [x for x in lines if x and "fatal error" not in x] or ["it does not compile"]
