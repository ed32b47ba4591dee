"""JUnit files against the rules of the usual schema, and names that XML cannot hold."""

import re
import xml.etree.ElementTree as ET

from tfadvseg.release.junit import junit

REQUIRED = {
    "testsuite": {"name", "timestamp", "hostname", "tests", "failures", "errors", "time", "package", "id"},
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "failure": {"type"},
}
"""Attributes by element, of the schema by Windy Road."""
HOSTILE = "a&b<c>\"d'é]]>\x00\x1b\ud800￾"


def suite(cases, properties=()):
    root = ET.fromstring(junit("gate.scenes.validation", cases, dict(properties)))
    assert root.tag == "testsuites" and len(root) == 1
    for one in root.iter():
        assert REQUIRED.get(one.tag, set()) <= set(one.attrib), one.tag
    return root[0]


def test_elements_stand_in_the_order_of_the_schema():
    own = suite([("iou@8 >= 0.5", True, "fine"), ("iou@4 >= 0.5", False, "29 %")], {"run": "runs/x"})
    assert [one.tag for one in own] == ["properties", "testcase", "testcase", "system-out", "system-err"]
    assert (own.get("tests"), own.get("failures"), own.get("errors")) == ("2", "1", "0")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", own.get("timestamp"))
    passed, failed = own.iter("testcase")
    assert len(passed) == 0 and [one.tag for one in failed] == ["failure"]
    assert failed[0].get("message") == "29 %" and failed[0].text == "iou@4 >= 0.5\n29 %"
    assert passed.get("classname") == "gate.scenes.validation"
    assert own.find("properties/property").attrib == {"name": "run", "value": "runs/x"}


def test_odd_characters_come_back_and_impossible_ones_are_marked():
    own = suite([(HOSTILE, False, HOSTILE)], {"run": HOSTILE})
    kept = "a&b<c>\"d'é]]>����"
    case = own.find("testcase")
    assert case.get("name") == case[0].get("message") == own.find("properties/property").get("value") == kept
    assert case[0].text == f"{kept}\n{kept}"
