"""Breaches of a release, and harmless differences."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ingenium.trust.ledger import open_ledger
from ingenium_book.checks.governance import tampering
from releases import Release, edited_records, first_design, stranger

Act = Callable[[Release], object]


def _head(release: Release) -> str:
    with open_ledger(release.book, create=False) as ledger:
        return ledger.head()


def _signed(change: Act) -> Act:
    """Let all sign, and then apply a change."""

    def act(release: Release) -> None:
        release.sign_all()
        change(release)

    return act


def _left_out(edit: Callable[[dict[str, Any]], object]) -> Act:
    """Leave something out of the evidence within the run, and let everybody sign it."""

    def act(release: Release) -> None:
        release.change("evidence.jsonl", lambda text: edited_records(text, edit))
        release.record_anew()
        release.sign_all()

    return act


def _no_energy(release: Release) -> None:
    def without(text: str) -> str:
        return json.dumps({k: v for k, v in json.loads(text).items() if k != "energy"})

    release.change("run.json", without)
    release.record_anew()
    release.sign_all()


def _all_but_last(release: Release) -> None:
    for role in release.roles[:-1]:
        release.sign(role)


def _last(**other: Any) -> Act:
    """Let the last role sign otherwise than its owner would."""

    def act(release: Release) -> None:
        _all_but_last(release)
        release.sign(release.roles[-1], **other)

    return act


def _by_stranger(release: Release) -> None:
    _last(key=stranger())(release)


def _by_another_role(release: Release) -> None:
    _last(key=release.keys[release.roles[0]])(release)


def _of_another_entry(release: Release) -> None:
    _last(hash=release.append("proposal", {"problem": "any", "evidence": "sha256:0"}))(release)


def _flip(name: str) -> Act:
    """Flip a bit of a file."""

    def act(release: Release) -> None:
        path = release.run / name
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)

    return act


def _better_value(release: Release) -> None:
    def edit(record: dict[str, Any]) -> None:
        value = next(v for v in record["measured"].values() if isinstance(v["value"], float))
        value["value"] *= 1.01

    release.change("evidence.jsonl", lambda text: edited_records(text, edit))


def _altered_design(release: Release) -> None:
    path = first_design(release)
    path.write_bytes(path.read_bytes() + b" ")


def _anchored(act: str) -> Act:
    """Change the ledger in a way that its chain alone does not show."""

    def done(release: Release) -> None:
        release.sign_all()
        release.append("replay", {"problem": "any", "holds": True})
        release.anchor = _head(release)
        release.tamper(act)

    return done


def _nothing_of_it(release: Release) -> None:
    """Replace the run by one unknown to the ledger."""
    release.change("evidence.jsonl", lambda text: "".join(text.splitlines(keepends=True)[1:]))


WRONG: Mapping[str, Act] = MappingProxyType(
    {
        "nobody signed": lambda release: None,
        "one role did not sign": _all_but_last,
        "signed without a key": _last(key=None),
        "signed with a key of no list": _by_stranger,
        "signed with the key of another role": _by_another_role,
        "signed in another's name": _last(actor="eve@lab"),
        "another entry was signed": _of_another_entry,
        "refused": _last(decision="refused"),
        "approved, then refused": _signed(lambda r: r.sign(r.roles[0], decision="refused")),
        "a design altered": _signed(_altered_design),
        "a design removed": _signed(lambda r: first_design(r).unlink()),
        "a design added": _signed(
            lambda r: shutil.copy(first_design(r), first_design(r).with_name("z"))
        ),
        "a measured value made better": _signed(_better_value),
        "a record removed": _signed(_nothing_of_it),
        "the spec altered": _signed(lambda r: r.change("spec.toml", lambda t: t + "\n# looser\n")),
        "the weights altered": _signed(_flip("model/model.safetensors")),
        "the table of designs altered": _signed(_flip("designs.nc")),
        "the summary altered": _signed(lambda r: r.change("summary.json", lambda t: t + " ")),
        "an entry edited": _signed(lambda r: r.tamper("edit a body")),
        "an entry edited with its hash": _signed(lambda r: r.tamper("edit a body and its hash")),
        "an entry removed": _signed(lambda r: r.tamper("remove an entry")),
        "guards removed": _signed(lambda r: r.tamper("guards removed")),
        "the ledger rewritten": _anchored("rewrite unsigned"),
        "no licence stated": _left_out(lambda record: record.update(data_licence="")),
        "no engine named": _left_out(lambda record: record.update(engine=None)),
        "no replay named": _left_out(lambda record: record.pop("replay")),
        "no seed named": _left_out(lambda record: record.pop("seed")),
        "no energy counted": _no_energy,
    }
)


def _refusal_cut(release: Release) -> None:
    """Cut off a refusal, as anybody who may write the file can, without an anchor."""
    release.sign_all()
    release.sign(release.roles[0], decision="refused")
    cut = tampering.Act("cut the last entry", lambda rows, rng: rows[:-1], frozenset())
    tampering.tamper(release.book, cut, 0)


def _made_up(release: Release) -> None:
    """Write invented values within the run; it is recorded and signed like any other."""
    _better_value(release)
    release.record_anew()
    release.sign_all()


def _stolen(release: Release) -> None:
    """Sign with the key of a role without its owner's approval."""
    release.sign_all()


UNSEEN: Mapping[str, Act] = MappingProxyType(  # beyond what the checks look at
    {
        "a refusal cut off, and no anchor kept": _refusal_cut,
        "values made up before they were recorded": _made_up,
        "a key stolen": _stolen,
    }
)


def _touched(release: Release) -> None:
    for path in release.run.rglob("*"):
        os.utime(path, (0, 0))


def _reversed(release: Release) -> None:
    for role in release.roles[::-1]:
        release.sign(role)


def _refused_first(release: Release) -> None:
    release.sign(release.roles[0], decision="refused")
    release.sign_all()


def _moved(release: Release) -> None:
    release.sign_all()
    to = release.folder / "another place"
    to.mkdir()
    shutil.move(release.run, to / "run")
    shutil.move(release.book, to / "ledger.sqlite")
    release.folder = to


def _anchor_of_before(release: Release) -> None:
    release.anchor = _head(release)
    release.sign_all()


HARMLESS: Mapping[str, Act] = MappingProxyType(
    {
        "nothing": _signed(lambda release: None),
        "signed in the other order": _reversed,
        "refused, then approved": _refused_first,
        "a file of somebody beside": _signed(lambda r: (r.run / "notes.txt").write_text("mine")),
        "later entries": _signed(lambda r: r.append("replay", {"problem": "any", "holds": True})),
        "moved": _moved,
        "other times of files": _signed(_touched),
        "an anchor from before": _anchor_of_before,
        "a note of a stranger": _signed(
            lambda r: r.sign(r.roles[0], actor="eve@lab", key=None, decision="refused")
        ),
        "a further role": _signed(lambda r: r.sign(r.roles[0], role="legal")),
    }
)
