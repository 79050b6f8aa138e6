"""Settings of a search."""

from dataclasses import asdict, dataclass

from ingenium.core.counts import check_least, check_seed
from ingenium.core.digest import canonical
from ingenium.core.errors import InputError

REQUESTED = "requested"  # the screen that follows the strategy
FIDELITY = "fidelity"  # the strategy that chooses the tier for its designs


@dataclass(frozen=True)
class ScreenPlan:
    """Kind of the screen, share of designs that it passes, and its audit.

    Raises:
        InputError: for a share, miscoverage rate or cost ratio out of range.
    """

    by: str  # of the table in `screens`
    pass_fraction: float = 0.5  # share of the new designs of a round that are measured, at most
    audit: float = 0.1  # share that is measured despite the screen
    miscoverage: float = 0.1  # miscoverage rate of the bounds on a satisfied limit
    cheap: tuple[str, ...] = ()  # quantities that are cheap, where no tier of the problem is
    cost_ratio: float | None = None  # cost ratio of a cheap to an exact measurement

    def __post_init__(self) -> None:
        if not 0 < self.pass_fraction <= 1:
            raise _outside(
                "a share above 0 and at most 1", "--pass-fraction", self.pass_fraction, 0.5
            )
        if not 0 < self.audit <= 1:
            what = "a share above 0 and at most 1: what a screen loses is always measured"
            raise _outside(what, "--audit", self.audit, 0.1)
        if not 0 < self.miscoverage < 1:
            raise _outside("a share between 0 and 1", "--miscoverage", self.miscoverage, 0.1)
        if self.cost_ratio is not None and not 0 < self.cost_ratio < 1:
            raise _outside(
                "a cost ratio above 0 and below 1", "--cost-ratio", self.cost_ratio, 0.01
            )


def _outside(what: str, option: str, got: float, write: float) -> InputError:
    return InputError(what, f"{option} {got:g}", f"Write {option} {write:g}.")


@dataclass(frozen=True)
class SearchPlan:
    """Settings of a search; two searches with the same plan verify the same designs.

    With several processes that is true for the same order of completion.

    Raises:
        InputError: for a batch below 1, a seed out of range, or the screen of one strategy with
            another.
    """

    strategy: str = "evolution"
    seed: int = 0
    batch: int = 64  # designs of a round
    screen: ScreenPlan | None = None

    def __post_init__(self) -> None:
        check_least(self.batch, "--batch", "design in a round", say=64)
        check_seed(self.seed)
        requested = self.screen is not None and self.screen.by == REQUESTED
        if requested != (self.strategy == FIDELITY):
            raise InputError(
                f"the screen {REQUESTED} with the strategy {FIDELITY}, and with no other",
                f"the strategy {self.strategy} and "
                + ("no screen" if self.screen is None else f"the screen {self.screen.by}"),
                f"Write --strategy {FIDELITY} --cost-ratio 0.01 and leave the screen out.",
            )

    @property
    def screened(self) -> str:
        """Screen as text; empty without one."""
        return "" if self.screen is None else canonical(asdict(self.screen))

    def words(self) -> list[str]:
        """Arguments of the command line."""
        words = ["--strategy", self.strategy, "--seed", str(self.seed), "--batch", str(self.batch)]
        screen = self.screen
        if screen is None:
            return words
        if screen.by != REQUESTED:
            words += ["--screen", screen.by, "--pass-fraction", repr(screen.pass_fraction)]
            words += ["--audit", repr(screen.audit), "--miscoverage", repr(screen.miscoverage)]
        words += ["--cheap", ",".join(screen.cheap)] if screen.cheap else []
        return words + (
            ["--cost-ratio", repr(screen.cost_ratio)] if screen.cost_ratio is not None else []
        )
