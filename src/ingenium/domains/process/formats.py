"""Reader and writer of `recipes.csv`: reaction conditions, one batch per line."""

from ingenium.core.formats.columns import Columns, TableColumn
from ingenium.domains.process.instruments import VARIABLES

RECIPES = Columns(
    VARIABLES,
    (
        TableColumn("temperature_c", "degC", digits=1),
        TableColumn("time_min", "min", digits=0),
        TableColumn("equivalents_b", digits=2),
        TableColumn("catalyst_mol_percent", "percent", digits=2),
        TableColumn("a_mol_l", digits=2),
    ),
    file="recipes.csv",
    name="recipes-csv",
)
