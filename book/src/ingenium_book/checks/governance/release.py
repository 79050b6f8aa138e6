"""A release by the public commands: a run, keys of signers, and the gate."""

from dataclasses import dataclass, field
from pathlib import Path

from ingenium.core.packages import Extra
from ingenium_book.findings import Commands, Done

PROBLEM = "grid.profile_day"
HOURS = 3.7  # of full load on each day
DAYS = f"""
problem = "{PROBLEM}"
[generator]
family = "gaussian_copula"
[fixed]
full_load_hours = {{ value = {HOURS} }}
"""
KEYS = Extra("audit")


@dataclass
class Release:
    """A run of a few days in the folder of the commands, and the file of signers."""

    commands: Commands
    roles: tuple[str, ...] = ("safety", "release")
    count: int = 4
    problem: str = PROBLEM
    spec: str = DAYS
    out: str = "run"
    entry: str = field(default="", init=False)  # hash of the run's entry

    def __post_init__(self) -> None:
        (self.commands.folder / "spec.toml").write_text(self.spec)
        words = ("--spec", "spec.toml", "-n", self.count, "--seed", 1, "--out", self.out)
        self.commands("propose", self.problem, *words)
        listed = self.commands("ledger", "list", "--problem", self.problem).answer["entries"]
        self.entry = listed[0]["hash"]
        lines = [f'{r}@lab namespaces="ingenium-{r}" {self.new_key(r)}\n' for r in self.roles]
        (self.commands.folder / "signers").write_text("".join(lines))

    @property
    def run(self) -> Path:
        """The folder of the run."""
        return self.commands.folder / self.out

    @property
    def ledger(self) -> Path:
        """The file of the ledger, in the spelling of the command."""
        place: str = self.commands("ledger", "check").answer["ledger"]
        return Path(place.removeprefix("sqlite:///"))

    def new_key(self, name: str) -> str:
        """Write a key as `ssh-keygen` does; return its public line."""
        kind = KEYS.package("cryptography.hazmat.primitives.asymmetric.ed25519")
        form = KEYS.package("cryptography.hazmat.primitives.serialization")
        key = kind.Ed25519PrivateKey.generate()
        (self.commands.folder / f"{name}.key").write_bytes(
            key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption())
        )
        public = key.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH)
        return str(public.decode())

    def sign(self, role: str, *more: str, key: str = "", by: str = "") -> Done:
        """Sign the run as the owner of a role, or with another's key or name."""
        how = ("--by", by or f"{role}@lab", "--key", f"{key or role}.key", *more)
        words = ("--as", role, "--statement", "Looked at it.", *how)
        return self.commands("ledger", "sign", self.entry, *words)

    def publish(self, out: str) -> Done:
        """Request a crate that every role has signed from the gate."""
        roles = [word for role in self.roles for word in ("--as", role)]
        return self.commands("publish", self.out, out, *roles, "--signers", "signers")


@dataclass(frozen=True)
class StoredRelease:
    """Copy of a ledger's file, to restore it after each change."""

    place: Path
    content: bytes

    @classmethod
    def of(cls, place: Path) -> "StoredRelease":
        """Copy the file."""
        return cls(place, place.read_bytes())

    def back(self) -> None:
        """Restore the file, without companions that a database leaves."""
        for path in self.place.parent.glob(f"{self.place.name}-*"):
            path.unlink()
        self.place.write_bytes(self.content)
