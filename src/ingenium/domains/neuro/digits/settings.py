"""Settings of the problem."""

from dataclasses import dataclass

from ingenium.core.errors import InputError, choose
from ingenium.domains.neuro.digits.data import COUNT
from ingenium.kits.spikes.chips import CHIPS, Chip


@dataclass(frozen=True)
class DigitSettings:
    """Settings of images, or with `chip` of drives of the network that generates them there."""

    chip: str = ""  # name of a chip, such as Loihi; if empty, designs are images
    bits: int = 8  # bits of each weight of the network
    known: int = COUNT  # number of digits for training and for holding out
    replayed: float = 0.05  # share of designs that NEST replays, where its environment exists

    def check(self) -> None:
        """Refuse unknown values.

        Raises:
            InputError: for an unknown chip or bits, or more digits than there are.
        """
        if self.chip:
            choose(self.chip, [c.name for c in CHIPS], "chip")
            most = self.sheet.weight_bits
            if not 2 <= self.bits <= most:
                raise InputError(
                    f"2 to {most} bits a weight on {self.chip}",
                    self.bits,
                    f"Write bits = {max(2, most)}." if most > 1 else "Choose Loihi.",
                )
        if not 50 <= self.known <= COUNT:
            raise InputError(f"known of 50 to {COUNT}", self.known, "Write 2000.")
        if not 0 <= self.replayed <= 1:
            raise InputError("replayed from 0 to 1", self.replayed, "Write 0.05.")

    @property
    def sheet(self) -> Chip:
        """Data sheet of the named chip."""
        return next(c for c in CHIPS if c.name == self.chip)
