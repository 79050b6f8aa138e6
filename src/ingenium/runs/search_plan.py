"""How a search is done."""

from dataclasses import asdict, dataclass

from ingenium.core.counts import check_least, check_seed
from ingenium.core.digest import canonical
from ingenium.core.errors import InputError
from ingenium.searches.screening import ASKED, ScreenPlan

FIDELITY = "fidelity"  # the strategy that says who is to measure its designs


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
