"""Makes the known designs that come with the package, and measures them and milled parts.

    python -m ingenium.domains.structures.bracket

goes on where it was stopped; on one quiet core it takes about twenty minutes.
"""

from ingenium.core.recipe import printed
from ingenium.domains.structures.bracket.bracket import Bracket
from ingenium.domains.structures.bracket.settings import BracketSettings

if __name__ == "__main__":
    Bracket(BracketSettings()).ship(printed)
