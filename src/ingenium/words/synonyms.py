"""Names in the language of each field for the entries of its problems: `synonyms.toml` of a domain.

A table for each problem, and `all` for every problem of the domain: an entry, or `entry = choice`,
with phrases separated by commas. A package of one's own may have such a file beside its contracts.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from ingenium.words.contract import Contract, ContractEntry

NAME = "synonyms.toml"
COMMON = "all"


def with_synonyms(made: Iterable[Contract], path: Path) -> tuple[Contract, ...]:
    """Contracts whose entries have the phrases of a file, if it exists."""
    if not path.is_file():
        return tuple(made)
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(_one(contract, tables) for contract in made)


def unknown(made: Iterable[Contract], path: Path) -> list[str]:
    """Entries of a file that no problem of the domain has."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    contracts = {c.problem.partition(".")[2]: c for c in made}
    known = {name: _names((c,)) for name, c in contracts.items()}
    known[COMMON] = _names(contracts.values())
    return [f"{p}.{n}" for p, table in tables.items() for n in table if n not in known.get(p, ())]


def _names(contracts: Iterable[Contract]) -> set[str]:
    entries = [e for c in contracts for e in c.entries]
    choices = {f"{e.name} = {choice}" for e in entries for choice in e.choices or ()}
    return {e.name for e in entries} | choices


def _one(contract: Contract, tables: Mapping[str, Mapping[str, str]]) -> Contract:
    own = tables.get(contract.problem.partition(".")[2], {})
    said = {name: _phrases(text) for name, text in {**tables.get(COMMON, {}), **own}.items()}
    return replace(contract, entries=tuple(_named(e, said) for e in contract.entries))


def _named(entry: ContractEntry, said: Mapping[str, tuple[str, ...]]) -> ContractEntry:
    heads = ((choice, f"{entry.name} = {choice}") for choice in entry.choices or ())
    spelled = tuple((choice, phrase) for choice, head in heads for phrase in said.get(head, ()))
    return replace(entry, also=said.get(entry.name, ()), spelled=spelled)


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(p.split()) for p in text.split(",") if p.strip())
