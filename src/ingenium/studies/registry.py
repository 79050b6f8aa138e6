"""The list of studies, in the order of the reference."""

from ingenium.core.errors import InputError, choose
from ingenium.domains.airfoils.studies import (
    closed_loop,
    glide_sections,
    morphing_front,
    prior_trials,
    searching_population,
    two_engines,
    two_regimes,
)
from ingenium.domains.grid.studies import (
    aggregation,
    annual_profiles,
    conserved_energy,
    diffusion_load,
    flow_load,
    generator_energy,
    load_shapes,
    model_hub,
    operating_envelopes,
    point_forecast,
    power_weeks,
)
from ingenium.domains.molecules.studies import (
    dual_use_screen,
    fragment_latents,
    green_routes,
    lab_loop,
    makeable_molecules,
    molecule_families,
    novel_structures,
    route_search,
    told_molecules,
    torsional_conformers,
    trusted_predictions,
)
from ingenium.domains.structures.studies import (
    auxetic_cells,
    container_corner,
    informed_composites,
    joint_levels,
    lattice_energy,
    layered_build,
    least_compliance,
    manufacturing_limits,
    part_and_supports,
    patch_placement,
    printed_columns,
    roof_variants,
    shape_families,
    shape_front,
    shape_refinement,
    strong_cells,
    whole_way,
)
from ingenium.governance.studies import (
    control_map,
    energy_account,
    governance_file,
    governed_layers,
    ledger_tampering,
    publishing_gate,
    release_records,
)
from ingenium.search.studies import self_tuning_plant
from ingenium.studies.book.claims import claims, place
from ingenium.studies.book.closed import closed
from ingenium.studies.study import Study

_TESTED: tuple[Study, ...] = (
    generator_energy.STUDY,
    closed_loop.STUDY,
    shape_families.STUDY,
    auxetic_cells.STUDY,
    lattice_energy.STUDY,
    patch_placement.STUDY,
    morphing_front.STUDY,
    informed_composites.STUDY,
    prior_trials.STUDY,
    two_engines.STUDY,
    novel_structures.STUDY,
    strong_cells.STUDY,
    diffusion_load.STUDY,
    conserved_energy.STUDY,
    molecule_families.STUDY,
    whole_way.STUDY,
    shape_front.STUDY,
    shape_refinement.STUDY,
    least_compliance.STUDY,
    manufacturing_limits.STUDY,
    part_and_supports.STUDY,
    layered_build.STUDY,
    joint_levels.STUDY,
    container_corner.STUDY,
    self_tuning_plant.STUDY,
    searching_population.STUDY,
    two_regimes.STUDY,
    flow_load.STUDY,
    aggregation.STUDY,
    point_forecast.STUDY,
    model_hub.STUDY,
    load_shapes.STUDY,
    power_weeks.STUDY,
    operating_envelopes.STUDY,
    governance_file.STUDY,
    energy_account.STUDY,
    told_molecules.STUDY,
    glide_sections.STUDY,
    control_map.STUDY,
    publishing_gate.STUDY,
    release_records.STUDY,
    governed_layers.STUDY,
    ledger_tampering.STUDY,
    torsional_conformers.STUDY,
    roof_variants.STUDY,
    printed_columns.STUDY,
    annual_profiles.STUDY,
    fragment_latents.STUDY,
    route_search.STUDY,
    lab_loop.STUDY,
    makeable_molecules.STUDY,
    trusted_predictions.STUDY,
    dual_use_screen.STUDY,
    green_routes.STUDY,
)
STUDIES = tuple(sorted((*_TESTED, *closed()), key=lambda study: place(study.row)))


def find(row: str) -> Study:
    """The study of a row.

    Raises:
        InputError: if there is none, with the nearest rows.
    """
    known = {study.row: study for study in STUDIES}
    if row in claims() and row not in known:
        raise InputError("a row with a study", f"{row}, which has none yet")
    return known[choose(row, known, "row of the evidence book")]
