"""Makes the known designs that come with the package, and measures them and milled parts.

    python -m ingenium.domains.structures.container

goes on where it was stopped; on one quiet core it takes about twenty minutes.
"""

from ingenium.core.recipe import printed
from ingenium.domains.structures.container.container import Container
from ingenium.domains.structures.container.settings import ContainerSettings

if __name__ == "__main__":
    Container(ContainerSettings()).ship(printed)
