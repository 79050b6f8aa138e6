"""The list of studies, in the order of the reference."""

from ingenium.core.errors import InputError, choose
from ingenium.studies import (
    aggregation,
    annual_profiles,
    auxetic_cells,
    closed_loop,
    conserved_energy,
    container_corner,
    control_map,
    diffusion_load,
    dual_use_screen,
    energy_account,
    flow_load,
    fragment_latents,
    glide_sections,
    green_routes,
    informed_composites,
    joint_levels,
    lab_loop,
    lattice_energy,
    layered_build,
    least_compliance,
    ledger_tampering,
    load_shapes,
    makeable_molecules,
    manufacturing_limits,
    model_hub,
    molecule_families,
    morphing_front,
    novel_structures,
    operating_envelopes,
    part_and_supports,
    patch_placement,
    point_forecast,
    power_weeks,
    printed_columns,
    prior_trials,
    publishing_gate,
    roof_variants,
    route_search,
    searching_population,
    self_tuning_plant,
    shape_families,
    shape_front,
    shape_refinement,
    strong_cells,
    told_molecules,
    torsional_conformers,
    trusted_predictions,
    two_engines,
    two_regimes,
    whole_way,
)
from ingenium.studies.book.claims import claims, place
from ingenium.studies.book.closed import closed
from ingenium.studies.study import Study

_TESTED: tuple[Study, ...] = (
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
    energy_account.STUDY,
    told_molecules.STUDY,
    glide_sections.STUDY,
    control_map.STUDY,
    publishing_gate.STUDY,
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
