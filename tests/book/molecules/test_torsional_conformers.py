"""Parts of the study of conformers: rivals of one molecule, compared alike."""

import pytest

from ingenium.domains.molecules.conformers.known_ensembles import KnownEnsemble, admitted
from ingenium.domains.molecules.conformers.search import ConformerSearch, searched
from ingenium.domains.molecules.conformers.trained import about
from ingenium_book.studies.molecules.conformer_truth import truth
from ingenium_book.studies.molecules.torsional_conformers import Case, _compared

SMILES = "CC[C@H](C)O"


def test_rivals_of_one_molecule_are_compared_alike() -> None:
    case = Case(KnownEnsemble(SMILES, searched(SMILES, ConformerSearch(starts=20))), judged=True)
    found = _compared(case, 0)
    rivals = ("diffusion", "etkdg", "etkdg_on_bank", "library", "random")
    for name in (*rivals, "diffusion_mmff", "etkdg_mmff"):
        assert 0 <= found[f"{name}.cov_r_0.50"] <= found[f"{name}.cov_r_0.75"] <= 1
        assert found[f"{name}.seconds"] > 0
    assert found["diffusion.stereo_kept"] == 1.0
    assert found["etkdg_mmff.cov_r_0.50"] == 1.0  # of so small a molecule all minima are found
    assert abs(found["etkdg_mmff.lowest_energy"]) < 0.05
    assert found["etkdg_mmff.median_energy"] >= found["etkdg_mmff.lowest_energy"]
    assert found["diffusion.amr_r"] < found["random.amr_r"] + 0.1


@pytest.mark.slow
def test_the_reference_was_not_trained_on() -> None:
    known = {one.smiles for found in truth().values() for one in found}
    assert len(known) == 12
    trained = admitted("moses", about()["recipe"]["molecules"], held_out=False)
    assert not known & set(trained)
    for found in truth().values():
        for one in found:
            assert len(one.ensemble.position) >= 2
            assert one.ensemble.gfn2_kcal[-1] - one.ensemble.gfn2_kcal[0] <= 6.0
