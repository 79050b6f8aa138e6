"""Readers and writers of settings: a table, and a JSON object a line, in the units of machines."""

from ingenium.core.formats import Format
from ingenium.core.formats.columns import Columns, TableColumn
from ingenium.core.formats.records import Records
from ingenium.core.quantity import Variable

COLUMNS = (
    TableColumn("power_w", "W", digits=0),
    TableColumn("speed_mm_s", "mm/s", digits=0),
    TableColumn("beam_um", "um", digits=0),
    TableColumn("layer_um", "um", digits=0),
    TableColumn("hatch_um", "um", digits=0),
)


def formats(variables: tuple[Variable, ...]) -> dict[str, Format]:
    """Return the formats of settings by name."""
    table = Columns(variables, COLUMNS, file="settings.csv", name="settings-csv")
    records = Records(variables, COLUMNS, file="settings.jsonl", name="settings-jsonl")
    return {table.name: table, records.name: records}
