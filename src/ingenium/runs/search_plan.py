"""How a search is done."""

from dataclasses import asdict, dataclass

from ingenium.core.counts import check_least, check_seed
from ingenium.core.digest import canonical
from ingenium.core.errors import InputError

ASKED = "asked"  # the screen that follows the strategy
FIDELITY = "fidelity"  # the strategy that says who is to measure its designs


@dataclass(frozen=True)
class ScreenPlan:
    """Which screen, how many it lets pass, and how it is audited."""

    by: str  # of the table in `screens`
    keep: float = 0.5  # share of the new designs of a round that are measured, at most
    audit: float = 0.1  # share that is measured whatever the screen says
    doubt: float = 0.1  # how often a limit that a design holds may lie beyond its bound
    cheap: tuple[str, ...] = ()  # quantities that are cheap, where no tier of the problem is
    price: float | None = None  # of a cheap measurement over an exact one

    def __post_init__(self) -> None:
        if not 0 < self.keep <= 1:
            raise _outside("a share above 0 and at most 1", "--keep", self.keep, 0.5)
        if not 0 < self.audit <= 1:
            what = "a share above 0 and at most 1: what a screen loses is always measured"
            raise _outside(what, "--audit", self.audit, 0.1)
        if not 0 < self.doubt < 1:
            raise _outside("a share between 0 and 1", "--doubt", self.doubt, 0.1)
        if self.price is not None and not 0 < self.price < 1:
            raise _outside("a price above 0 and below 1", "--price", self.price, 0.01)


def _outside(what: str, option: str, got: float, write: float) -> InputError:
    return InputError(what, f"{option} {got:g}", f"Write {option} {write:g}.")


@dataclass(frozen=True)
class SearchPlan:
    """How a search is done; two searches of one plan verify the same designs.

    Where several processes measure, that holds for one order in which they are done.
    """

    strategy: str = "evolution"
    seed: int = 0
    batch: int = 64  # designs of a round
    screen: ScreenPlan | None = None

    def __post_init__(self) -> None:
        check_least(self.batch, "--batch", "design in a round", say=64)
        check_seed(self.seed)
        asked = self.screen is not None and self.screen.by == ASKED
        if asked != (self.strategy == FIDELITY):
            raise InputError(
                f"the screen {ASKED} with the strategy {FIDELITY}, and with no other",
                f"the strategy {self.strategy} and "
                + ("no screen" if self.screen is None else f"the screen {self.screen.by}"),
                f"Write --strategy {FIDELITY} --price 0.01 and leave the screen out.",
            )

    @property
    def screened(self) -> str:
        """The screen as text; empty without one."""
        return "" if self.screen is None else canonical(asdict(self.screen))

    def words(self) -> list[str]:
        """As it is written at the command line."""
        words = ["--strategy", self.strategy, "--seed", str(self.seed), "--batch", str(self.batch)]
        screen = self.screen
        if screen is None:
            return words
        if screen.by != ASKED:
            words += ["--screen", screen.by, "--keep", repr(screen.keep)]
            words += ["--audit", repr(screen.audit), "--doubt", repr(screen.doubt)]
        words += ["--cheap", ",".join(screen.cheap)] if screen.cheap else []
        return words + (["--price", repr(screen.price)] if screen.price is not None else [])
