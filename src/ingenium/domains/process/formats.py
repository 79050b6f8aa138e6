"""`recipes.csv`: conditions as a chemist sets them, a line a batch."""

from ingenium.core.formats.columns import Column, Columns
from ingenium.domains.process.instruments import VARIABLES

RECIPES = Columns(
    VARIABLES,
    (
        Column("temperature_c", "degC", digits=1),
        Column("time_min", "min", digits=0),
        Column("equivalents_b", digits=2),
        Column("catalyst_mol_percent", "percent", digits=2),
        Column("a_mol_l", digits=2),
    ),
    file="recipes.csv",
    name="recipes-csv",
)
