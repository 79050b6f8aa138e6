"""`doctor`: what is installed, what is missing and the line that installs it."""

import os
import platform
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from packaging.requirements import Requirement
from rich.console import Console
from rich.markup import escape

from ingenium import __version__
from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, print_json, results, table
from ingenium.core.errors import CorruptError, IngeniumError, MissingExtra

if TYPE_CHECKING:
    from ingenium.domains import Listing

PROGRAMS = (
    ("xfoil", "NeuralFoil judges airfoils: ingenium docs how-to/install#xfoil"),
    ("arm-none-eabi-gcc", "nothing is made small: apt-get install gcc-arm-none-eabi"),
    ("qemu-system-arm", "nothing is counted on a board: apt-get install qemu-system-arm"),
    (
        "pw.x",
        "only crystals whose results travel with the package have a verdict: "
        "apt-get install quantum-espresso quantum-espresso-data-sssp",
    ),
    ("metamath", "no proof is accepted: apt-get install metamath metamath-databases"),
    ("msgfmt", "no catalogue of messages is compiled: apt-get install gettext"),
    (
        "bwrap",
        "generated programs cannot run: ingenium docs how-to/isolated_environments#the-sandbox",
    ),
)
Install = Annotated[
    str | None,
    typer.Option(
        "--install", help="Install what a domain, or the folder of an isolated environment, lacks."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Download without asking for confirmation.")]


@dataclass(frozen=True)
class Package:
    """A package that the engine or one of its extras needs."""

    name: str
    extra: str | None
    needed: str
    installed: str | None
    fits: bool

    @property
    def line(self) -> str:
        """The line that installs it."""
        what = f"ingenium[{self.extra}]" if self.extra else "ingenium"
        return f'pip install "{what}"'


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(guarded(doctor))


def doctor(install: Install = None, yes: Yes = False, json: AsJson = False) -> None:
    """Report what is installed, what is missing and how to install it, caches, ledger and disk."""
    from ingenium.domains import listing

    if install is not None:
        installed = _install(install, yes)
        if json:
            print_json({"installed": installed})
        return
    packages, domains, state = _packages(), listing(), _state()
    if json:
        print_json(
            {
                "ingenium": __version__,
                "packages": packages,
                "missing": {p.name: p.line for p in packages if not p.fits},
                "domains": domains,
            }
            | state
        )
        return
    console = results()
    _print_packages(console, packages)
    console.print()
    _print_domains(console, domains)
    for name, value in state.items():
        text = ", ".join(f"{k} {v}" for k, v in value.items())
        console.print(f"{name}: {text}", highlight=False, markup=False, soft_wrap=True)


def _print_packages(console: Console, packages: "Sequence[Package]") -> None:
    """Print required packages, and the lines that install missing ones."""
    shown = table("", "Package", "For", "Needed", "Installed")
    for p in packages:
        found = p.installed or "[red]missing[/]"
        shown.add_row(p.name, p.extra or "core", p.needed, found if p.fits else f"[red]{found}[/]")
    console.print(shown, highlight=False)
    lines = dict.fromkeys(p.line for p in packages if not p.fits)
    for line in lines:
        console.print(f"[bold]Write[/]: {escape(line)}", highlight=False)
    if lines:
        console.print(f"See: ingenium docs {MissingExtra.page}", style="dim", highlight=False)


def _print_domains(console: Console, domains: "Sequence[Listing]") -> None:
    """Print the domains that work, and the faults of the others."""
    for domain in domains:
        text = domain.fault or ", ".join(name for name, _ in domain.problems)
        mark = "[red]fault[/]" if domain.fault else "[green]works[/]"
        console.print(
            f"domain {domain.name}: {mark} {escape(text)}", highlight=False, soft_wrap=True
        )
        if domain.fault:
            console.print(f"See: ingenium docs {MissingExtra.page}", style="dim", highlight=False)


def _install(requested: str, yes: bool) -> dict[str, str]:
    """Say what a domain lacks and its size, ask, and install it."""
    from ingenium.cli.installing import consented, lacking

    wanted = [p.name + p.needed for p in _packages() if p.extra == requested and not p.fits]
    found = lacking(requested, wanted)
    sizes = found.sizes()
    if sizes and consented(sizes, yes):
        found.install()
        return sizes
    return {}


def _packages() -> tuple[Package, ...]:
    """Requirements of the installed metadata, without `dev`."""
    try:
        lines = requires("ingenium") or []
    except PackageNotFoundError:
        return ()
    found = []
    for text in lines:
        need = Requirement(text)
        extra = _extra(need)
        if extra == "dev":
            continue
        try:
            have: str | None = version(need.name)
        except PackageNotFoundError:
            have = None
        fits = have is not None and need.specifier.contains(have, prereleases=True)
        found.append(Package(need.name, extra, str(need.specifier), have, fits))
    return tuple(sorted(found, key=lambda p: (p.extra or "", p.name)))


def _extra(need: Requirement) -> str | None:
    """The extra that a requirement belongs to."""
    text = str(need.marker or "")
    return text.partition("extra ==")[2].strip().strip("\"'") or None


def _state() -> dict[str, dict[str, Any]]:
    """Machine, folders and ledger."""
    from ingenium.core.folders import cache_folder

    cache = cache_folder()
    size = sum(f.stat().st_size for f in cache.rglob("*") if f.is_file()) if cache.is_dir() else 0
    return {
        "machine": {
            "python": platform.python_version(),
            "system": platform.system(),
            "cores": os.cpu_count(),
            "threads": _threads(),
        },
        "cache": {"folder": str(cache), "mb": round(size / 1e6, 1)},
        "disk": {
            "free_gb_here": round(shutil.disk_usage(Path.cwd()).free / 1e9, 1),
            "free_gb_cache": round(shutil.disk_usage(_existing(cache)).free / 1e9, 1),
        },
        "programs": {name: shutil.which(name) or f"absent; {why}" for name, why in PROGRAMS},
        "ledger": _ledger(),
    }


def _threads() -> int:
    import torch

    return torch.get_num_threads()


def _existing(path: Path) -> Path:
    return next(p for p in (path, *path.absolute().parents) if p.exists())


def _ledger() -> dict[str, Any]:
    """Place and state of the ledger."""
    from ingenium.cli.ledger import absent, shown
    from ingenium.trust.ledger import open_ledger
    from ingenium.trust.place import ledger_place

    place = ledger_place()
    if absent(place):
        return {"place": shown(place), "state": "not there yet"}
    try:
        with open_ledger(place, create=False) as ledger:
            faults, last = ledger.check(), ledger.entries(limit=1)
    except IngeniumError as error:
        return {"place": shown(place), "state": str(error), "see": f"ingenium docs {error.page}"}
    entries = {"place": shown(place), "entries": last[0].sequence if last else 0}
    if not faults:
        return entries | {"state": "intact"}
    return entries | {"state": f"faulty: {faults[0]}", "see": f"ingenium docs {CorruptError.page}"}
