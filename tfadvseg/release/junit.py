"""Outcomes as JUnit XML, which systems of continuous integration show as tests.

The elements and attributes are those that Ant's report writer made usual, in the order of the schema that Windy Road
published for it, with all that it requires.
"""

import datetime
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from typing import Any

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document can hold."""


def junit(
    suite: str, cases: Sequence[tuple[str, bool, str]], properties: Mapping[str, Any], doubts: Sequence[str] = ()
) -> bytes:
    """The file's text. suite: what was tested; cases: (name, passed, reason) each; doubts: what makes all mean less."""
    failures = sum(not passed for _, passed, _ in cases)
    root = ET.Element("testsuites")
    now = f"{datetime.datetime.now():%Y-%m-%dT%H:%M:%S}"
    own = ET.SubElement(
        root,
        "testsuite",
        {
            "name": _text(suite),
            "timestamp": now,
            "hostname": "localhost",
            "tests": str(len(cases)),
            "failures": str(failures),
            "errors": "0",
            "time": "0",
            "package": "tfadvseg.gate",
            "id": "0",
        },
    )
    told = ET.SubElement(own, "properties")
    for name, value in properties.items():
        ET.SubElement(told, "property", {"name": _text(name), "value": _text(str(value))})
    for name, passed, reason in cases:
        case = ET.SubElement(own, "testcase", {"name": _text(name), "classname": _text(suite), "time": "0"})
        if not passed:
            failure = ET.SubElement(case, "failure", {"message": _text(reason), "type": "requirement"})
            failure.text = _text(f"{name}\n{reason}")
    ET.SubElement(own, "system-out").text = _text("\n".join(f"{name}: {reason}" for name, _, reason in cases))
    ET.SubElement(own, "system-err").text = _text("\n".join(doubts))
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _text(text: str) -> str:
    """With the sign for an unknown character in place of what XML has none for."""
    return NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
