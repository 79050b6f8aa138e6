"""Prose is in the words of the field, and docstrings begin with a verb or a noun."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from ingenium.cli.app import app
from ingenium.core.renamed import RENAMED

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "src" / "ingenium").rglob("*.py"))
FRAGMENTS = {"Of", "What", "That", "Those", "Whether", "As"}
PRIVATE = re.compile(  # our words for terms of the field
    r"\btold (apart|from|of)\b|\bhand(s|ed|ing)? over\b|\b(a|each|the) wish(es)?\b|; came\b"
    r"|\bso many (steps|seeds|calls)\b|\bno answer to\b|\bmended\b|\blook-up\b"
)
NAMES = {*RENAMED, "told", "asked", "kept", "costly", "shipped", "sitting", "mended"}
READ = [ROOT / "README.md", *(p for x in ("", "*/") for p in (ROOT / "docs").glob(f"{x}*.md"))]
SHOWN = re.compile(r"<!-- (\w+):.*?<!-- /\1 -->|`[^`]+`", re.DOTALL)  # generated parts, code


def parts(path: Path) -> tuple[list[str], list[str]]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    said = [d for n in nodes if isinstance(n, kinds) if (d := ast.get_docstring(n, clean=False))]
    texts = [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return said, [t for t in texts if " " in t and t not in said]


def helps(command: Any, name: str) -> Iterator[tuple[str, str]]:
    yield name, (command.help or "").split("\n\n")[0]
    yield from ((f"{name} {p.name}", getattr(p, "help", "") or "") for p in command.params)
    for sub, inner in getattr(command, "commands", {}).items():
        yield from helps(inner, f"{name} {sub}")


def test_docstrings_begin_with_a_verb_or_a_noun() -> None:
    bad = {str(p): d for p in MODULES for d in parts(p)[0] if re.split(r"\W", d)[0] in FRAGMENTS}
    assert bad == {}


def test_messages_are_in_the_words_of_the_field() -> None:
    assert [(str(p), t) for p in MODULES for t in parts(p)[1] if PRIVATE.search(t)] == []


def test_names_of_options_and_keys_are_in_the_words_of_the_field() -> None:
    options = {p.split()[-1] for p, _ in helps(typer.main.get_command(app), "ingenium")}
    text = "".join(p.read_text() for p in (ROOT / "src/ingenium/cli/schemas").glob("*.json"))
    assert not NAMES & (options | set(re.findall(r'"(\w+)": \{', text)))


def test_help_texts_are_phrases() -> None:
    for where, text in helps(typer.main.get_command(app), "ingenium"):
        assert 2 <= len(text.split()) <= 36, (where, text)
        assert text.split()[0] not in FRAGMENTS, (where, text)
        assert not PRIVATE.search(text), (where, text)


@pytest.mark.parametrize("path", READ, ids=lambda p: p.stem)
def test_pages_are_in_the_words_of_the_field(path: Path) -> None:
    assert not PRIVATE.search(SHOWN.sub("", path.read_text(encoding="utf-8")))
