"""STL and 3MF: written bodies are read back, and unprintable ones are refused."""

import zipfile

import numpy as np
import pytest
import trimesh

from ingenium.core.errors import InputError
from ingenium.kits.solids.printing.files import read_mesh, write_3mf, write_stl
from ingenium.kits.solids.printing.mesh import mesh_of
from ingenium.kits.solids.printing.surface import surface

WRITERS = {".stl": write_stl, ".3mf": write_3mf}


@pytest.fixture(scope="module")
def part():
    place = (np.indices((14, 12, 10)) + 0.5) * 2 * np.pi / 9
    x, y, z = place
    wave = np.sin(x) * np.cos(y) + np.sin(y) * np.cos(z) + np.sin(z) * np.cos(x)
    return surface(np.clip(0.5 + wave, 0, 1), 1e-3)


def corners(mesh):
    """Corners of every face, in an order independent of the numbering."""
    rows = np.round(mesh.vertices[mesh.faces] * 1e9).astype(int)
    first = [np.lexsort(r.T[::-1])[0] for r in rows]
    turned = np.stack([np.roll(r, -f, 0) for r, f in zip(rows, first, strict=True)])
    return turned[np.lexsort(turned.reshape(-1, 9).T)]


@pytest.mark.parametrize("suffix", WRITERS)
def test_the_same_mesh_comes_back(part, tmp_path, suffix):
    WRITERS[suffix](part, tmp_path / f"a{suffix}")
    back = read_mesh(tmp_path / f"a{suffix}")
    assert len(back.faces) == len(part.faces)
    assert np.abs(corners(back) - corners(part)).max() <= 2  # nanometres
    assert back.volume == pytest.approx(part.volume, rel=1e-6)
    assert trimesh.load(tmp_path / f"a{suffix}", force="mesh").volume == pytest.approx(
        part.volume * 1e9, rel=1e-5
    )


@pytest.mark.parametrize("suffix", WRITERS)
def test_the_same_mesh_gives_the_same_bytes(part, tmp_path, suffix):
    WRITERS[suffix](part, tmp_path / f"a{suffix}")
    WRITERS[suffix](part, tmp_path / f"b{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
    WRITERS[suffix](read_mesh(tmp_path / f"a{suffix}"), tmp_path / f"c{suffix}")
    assert read_mesh(tmp_path / f"c{suffix}").volume == read_mesh(tmp_path / f"a{suffix}").volume


def test_the_reader_of_the_consortium_takes_a_3mf_strictly(part, tmp_path):
    """lib3mf, which slicers read with: no warning in strict mode, and the same body."""
    lib3mf = pytest.importorskip("lib3mf", reason="pip install lib3mf")
    write_3mf(part, tmp_path / "a.3mf")
    model = lib3mf.get_wrapper().CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)
    reader.ReadFromFile(str(tmp_path / "a.3mf"))
    assert reader.GetWarningCount() == 0
    assert model.GetUnit() == lib3mf.ModelUnit.MilliMeter
    bodies = model.GetMeshObjects()
    assert bodies.MoveNext()
    body = bodies.GetCurrentMeshObject()
    assert body.IsManifoldAndOriented()
    assert body.GetTriangleCount() == len(part.faces)
    box = body.GetOutbox()
    size = [high - low for low, high in zip(box.MinCoordinate, box.MaxCoordinate, strict=True)]
    assert size == pytest.approx((1e3 * part.extents).tolist(), rel=1e-5)
    assert not bodies.MoveNext()


def test_3mf_in_other_units_and_with_moved_components(tmp_path):
    box = trimesh.creation.box((0.0254, 0.0508, 0.0254))
    write_3mf(box, tmp_path / "inch.3mf", unit="inch")
    assert read_mesh(tmp_path / "inch.3mf").extents == pytest.approx([0.0254, 0.0508, 0.0254])
    with zipfile.ZipFile(tmp_path / "inch.3mf") as archive:
        model = archive.read("3D/3dmodel.model").decode()
    moved = model.replace(
        "</resources>",
        '<object id="2"><components><component objectid="1" transform="-2 0 0 0 1 0 0 0 1 5 0 0"/>'
        "</components></object></resources>",
    ).replace('<item objectid="1"/>', '<item objectid="2" transform="1 0 0 0 1 0 0 0 1 0 0 3"/>')
    _repacked(tmp_path / "inch.3mf", tmp_path / "moved.3mf", {"3D/3dmodel.model": moved})
    back = read_mesh(tmp_path / "moved.3mf")
    assert back.volume == pytest.approx(2 * box.volume)
    assert back.bounds.mean(0) == pytest.approx([5 * 0.0254, 0, 3 * 0.0254])


def _repacked(before, after, changed):
    """Copy a package with some parts replaced, added, or, where None, left out."""
    with zipfile.ZipFile(before) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    with zipfile.ZipFile(after, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**parts, **changed}.items():
            if text is not None:
                archive.writestr(name, text)


MODEL, RELATIONS = "3D/3dmodel.model", "_rels/.rels"
PRODUCTION = 'xmlns:p="http://schemas.microsoft.com/3dmanufacturing/production/2015/06"'
BEAMS = "http://schemas.microsoft.com/3dmanufacturing/beamlattice/2017/02"
OTHER_PARTS = {  # edits of the model or of the relationships, and what the refusal names
    "another root": (RELATIONS, "/3D/3dmodel.model", "/3D/part.xml", "type"),
    "no such root": (RELATIONS, "/3D/3dmodel.model", "/3D/absent.model", "no part"),
    "no relation": (RELATIONS, '3dmodel"/>', 'thumbnail"/>', "one document"),
    "a path": (
        MODEL,
        'objectid="1"/>',
        f'{PRODUCTION} p:path="/3D/a.model" objectid="1"/>',
        "file",
    ),
    "a requirement": (MODEL, "<model ", '<model requiredextensions="zz" ', "zz"),
    "a lattice": (MODEL, "</mesh>", f'<b:beamlattice xmlns:b="{BEAMS}"/></mesh>', "beamlattice"),
    "a support": (MODEL, 'type="model"', 'type="support"', "support"),
    "not printed": (MODEL, 'objectid="1"/>', 'printable="0" objectid="1"/>', "printed"),
}


@pytest.mark.parametrize("name", OTHER_PARTS)
def test_a_3mf_that_is_another_part_to_other_readers_is_refused(name, tmp_path):
    part, old, new, message = OTHER_PARTS[name]
    write_3mf(trimesh.creation.box((0.02, 0.02, 0.02)), tmp_path / "a.3mf")
    write_3mf(trimesh.creation.box((0.002, 0.002, 0.05)), tmp_path / "b.3mf")
    with zipfile.ZipFile(tmp_path / "a.3mf") as archive:
        before = archive.read(part).decode()
    with zipfile.ZipFile(tmp_path / "b.3mf") as archive:
        other = archive.read(MODEL).decode()
    assert old in before
    added = {"3D/part.xml": other, "3D/a.model": other}
    _repacked(tmp_path / "a.3mf", tmp_path / "c.3mf", {**added, part: before.replace(old, new)})
    with pytest.raises(InputError, match=message):
        read_mesh(tmp_path / "c.3mf")


@pytest.mark.parametrize("part", [RELATIONS, "[Content_Types].xml"])
def test_a_zip_that_is_no_package_is_refused(part, tmp_path):
    write_3mf(trimesh.creation.box((0.02, 0.02, 0.02)), tmp_path / "a.3mf")
    _repacked(tmp_path / "a.3mf", tmp_path / "b.3mf", {part: None})
    with pytest.raises(InputError, match="whole 3MF with"):
        read_mesh(tmp_path / "b.3mf")


def test_a_text_stl_is_read(tmp_path):
    box = trimesh.creation.box((10.0, 20.0, 30.0))
    (tmp_path / "box.stl").write_text(trimesh.exchange.stl.export_stl_ascii(box))
    assert read_mesh(tmp_path / "box.stl").volume == pytest.approx(6e-6)


def test_facets_where_other_readers_see_none_are_refused(tmp_path):
    text = trimesh.exchange.stl.export_stl_ascii(trimesh.creation.box((10.0, 20.0, 30.0))).strip()
    first, _, rest = text.partition("\n")
    facets, _, last = rest.rpartition("\n")
    for forged in (
        f"{first} {rest.replace(chr(10), ' ')}\n{last}\n",
        f"{first}\n{last}\n{facets}\n",
        f"{first}\n{facets}\n",
        f"{first}\n{facets}\n{last}\n{first}\n{facets}\n{last}\n",
        text.replace("endloop", "endloop vertex 0 0 0", 1),
        text.replace("vertex", "# vertex", 1),
        text.replace("vertex -5", "vertex -0_5", 1),
    ):
        (tmp_path / "box.stl").write_text(forged)
        with pytest.raises(InputError, match=r"STL as text|no faces|numbers as"):
            read_mesh(tmp_path / "box.stl")


def _box(shift=0.0, size=0.01):
    box = trimesh.creation.box((size, size, size))
    box.apply_translation((shift, 0, 0))
    return np.array(box.vertices), np.array(box.faces)


def _pair(other, *, reverse=False):
    (v, f), (w, g) = _box(), other
    return np.concatenate([v, w]), np.concatenate([f, (g[:, ::-1] if reverse else g) + len(v)])


def _spoiled():
    v, f = _box()
    flipped = f.copy()
    flipped[0] = flipped[0, ::-1]
    holed = f[1:]
    doubled = np.concatenate([f, f[:1]])
    return {
        "hole": (v, holed, "watertight mesh, got 3 open edges"),
        "flipped": (v, flipped, "turn against each other"),
        "inside out": (v, f[:, ::-1], "inside out"),
        "doubled": (v, doubled, "more than two faces"),
        "two bodies": (*_pair(_box(0.03)), "2 bodies"),
        "touching": (*_pair(_box(0.01)), "two faces at each edge"),
        "stray cavity": (*_pair(_box(0.03, 0.005), reverse=True), "next to the part"),
        "huge": (v * 1e5, f, "part between 0.1 mm and 10000 mm"),
        "empty": (v, f[:0], "no faces"),
    }


@pytest.mark.parametrize("name", _spoiled())
@pytest.mark.parametrize("suffix", WRITERS)
def test_what_cannot_be_printed_is_refused(tmp_path, name, suffix):
    vertices, faces, message = _spoiled()[name]
    merged = trimesh.Trimesh(vertices, faces, process=False)
    if name == "touching":
        merged.merge_vertices(digits_vertex=6)
    WRITERS[suffix](merged, tmp_path / f"bad{suffix}")
    with pytest.raises(InputError, match=message) as caught:
        read_mesh(tmp_path / f"bad{suffix}")
    assert f"bad{suffix}" in str(caught.value) or "length fits" in str(caught.value)


def test_a_cavity_inside_a_body_is_welcome(tmp_path):
    vertices, faces = _pair(_box(0.0, 0.004), reverse=True)
    write_stl(mesh_of(vertices, faces.astype(np.int64)), tmp_path / "hollow.stl")
    assert read_mesh(tmp_path / "hollow.stl").volume == pytest.approx(1e-6 - 0.064e-6)


TEXT_FACET = """solid x
facet normal 0 0 1
outer loop
vertex {}
vertex 1 0 0
vertex 0 1 0
endloop
endfacet
endsolid x
"""


def test_damaged_and_foreign_files_are_refused(tmp_path, part):
    write_stl(part, tmp_path / "cut.stl")
    (tmp_path / "cut.stl").write_bytes((tmp_path / "cut.stl").read_bytes()[:-7])
    write_3mf(part, tmp_path / "cut.3mf")
    (tmp_path / "cut.3mf").write_bytes((tmp_path / "cut.3mf").read_bytes()[:-300])
    (tmp_path / "text.stl").write_text(TEXT_FACET.format("1 2 three"))
    (tmp_path / "part.obj").write_text("v 0 0 0")
    for name, message in {
        "cut.stl": "length fits",
        "cut.3mf": "whole 3MF",
        "text.stl": "numbers",
        "part.obj": "ends in .stl or .3mf",
        "absent.stl": "no file",
    }.items():
        with pytest.raises(InputError, match=message):
            read_mesh(tmp_path / name)


CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"


def packed(path, objects, *, item="1", declared=""):
    model = (
        f'{declared}<model xmlns="{CORE}"><resources>{objects}</resources>'
        f'<build><item objectid="{item}"/></build></model>'
    )
    write_3mf(trimesh.creation.box((0.01, 0.01, 0.01)), path)
    _repacked(path, path, {MODEL: model})
    return path


def held(name, inside):
    return f'<object id="{name}">{inside}</object>'


def uses(*names):
    parts = "".join(f'<component objectid="{n}"/>' for n in names)
    return f"<components>{parts}</components>"


CORNER = (
    "<mesh><vertices>"
    + "".join(f'<vertex x="{x}" y="{y}" z="0"/>' for x, y in ((0, 0), (1, 0), (0, 1)))
    + '</vertices><triangles><triangle v1="0" v2="1" v3="2"/></triangles></mesh>'
)


@pytest.mark.parametrize("count", [2, 20, 200])
def test_components_of_components_are_counted_before_they_are_made(tmp_path, count):
    """Components of a few hundred bytes would be 200 to the seventh bodies."""
    objects = held("1", CORNER) + "".join(
        held(str(level), uses(*[str(level - 1)] * count)) for level in range(2, 9)
    )
    file = packed(tmp_path / "a.3mf", objects, item="8")
    assert file.stat().st_size < 2000
    with pytest.raises(InputError, match=r"triangles|bodies|edges|items and components"):
        read_mesh(file)


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        (held("1", uses("1")), "items that name objects"),
        (held("1", uses("2")) + held("2", uses("1")), "items that name objects"),
        (held("1", CORNER) + held("1", CORNER), 'two objects "1"'),
        (held("1", CORNER + uses("1")), "of both"),
        (held("1", CORNER.replace('v3="2"', 'v3="1.5"')), "vertices that exist"),
        (held("1", CORNER.replace('v3="2"', 'v3="3"')), "vertices that exist"),
        (held("1", CORNER.replace('x="1"', 'x="1e400"')), "finite coordinates"),
        (held("1", CORNER.replace('x="1"', "")), "finite coordinates"),
        (held("1", CORNER.replace('x="1"', 'x="a"')), "numbers as coordinates"),
        (held("1", CORNER.replace('x="1"', 'x="1_0"')), "numbers as coordinates"),
        (held("1", CORNER.replace('x="1"', 'x="&#160;1"')), "numbers as coordinates"),
        (held("1", "<a>" * 200 + "</a>" * 200), "deep"),
        (held("1", "<a>"), "mismatched tag"),
    ],
)
def test_models_that_nobody_can_build(tmp_path, objects, said):
    with pytest.raises(InputError, match=said):
        read_mesh(packed(tmp_path / "a.3mf", objects))


def test_a_document_type_is_not_read(tmp_path):
    declared = '<!DOCTYPE model [<!ENTITY a "b">]>'
    with pytest.raises(InputError, match="a document type"):
        read_mesh(packed(tmp_path / "a.3mf", held("1", CORNER), declared=declared))


@pytest.mark.parametrize("suffix", WRITERS)
def test_damage_at_any_byte_is_told_or_changes_nothing(tmp_path, suffix):
    WRITERS[suffix](trimesh.creation.box((0.01, 0.02, 0.03)), file := tmp_path / f"a{suffix}")
    whole = file.read_bytes()
    for at in range(0, len(whole), 7):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        try:
            found = read_mesh(file)
        except InputError:
            continue
        if suffix == ".3mf":  # its archive has checksums of its contents
            assert found.volume == pytest.approx(6e-6)
