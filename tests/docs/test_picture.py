"""The picture of the architecture agrees with the imports."""

import re
from xml.etree import ElementTree

from documentation import DOCS, ROOT

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = ElementTree.parse(DOCS / "images" / "architecture.svg").getroot()
FLOORS = {group.get("id"): float(group.find(f"{SVG}rect").get("y")) for group in DRAWN.iter(f"{SVG}g")}
"""Room -> how far from the top it is drawn."""


def test_it_has_every_room_by_its_name():
    assert set(FLOORS) == {"pipelines"} | {path.parent.name for path in (ROOT / "tfadvseg").glob("*/__init__.py")}
    for group in DRAWN.iter(f"{SVG}g"):
        assert group.find(f"{SVG}text").text == group.get("id")


def test_rooms_import_from_floors_below_their_own():
    arrows = {
        (room, imported)
        for room in FLOORS
        for path in (ROOT / ("" if room == "pipelines" else "tfadvseg") / room).rglob("*.py")
        for imported in re.findall(r"(?:from|import) tfadvseg\.(\w+)", path.read_text())
        if imported in FLOORS and imported != room
    }
    assert len(arrows) > 50
    assert not {(room, imported) for room, imported in arrows if FLOORS[imported] <= FLOORS[room]}
