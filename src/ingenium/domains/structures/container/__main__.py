"""Makes the known designs that come with the package, and measures them and milled parts.

    python -m ingenium.domains.structures.container

goes on where it was stopped; on one quiet core it takes about twenty minutes.
"""

import sys

from ingenium.domains.structures.container.container import Container
from ingenium.domains.structures.container.settings import ContainerSettings


def told(stage: str, done: int, total: int) -> None:
    """A line for each piece."""
    sys.stdout.write(f"{stage} {done}/{total}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    Container(ContainerSettings()).ship(told)
