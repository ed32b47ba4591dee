"""The grammar of a gate's requirements: what is written is what is meant, and what means nothing is a sentence."""

import contextlib
import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tfadvseg.release.requirement import METRICS, OF_WORST_CASE, RELATIONS, WORST_CASE, lines, parse

spaces = st.sampled_from(["", " ", "  ", "\t"])
words = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(lambda word: word not in (WORST_CASE, "clean"))
plain = st.from_regex(r"[A-Za-z][A-Za-z0-9_.@-]{0,10}", fullmatch=True)
quoted = st.from_regex(r"[A-Za-z][A-Za-z, ]{0,8}[A-Za-z]", fullmatch=True).filter(lambda name: "  " not in name)
epsilons = st.sampled_from(["0.25", ".5", "1", "4", "4.", "32.0", "16"])
numbers = st.decimals(0, 1, places=4, allow_nan=False).map(str)


@st.composite
def requirements(draw):
    """(a line, the fields that it gives)."""
    metric, relation = draw(st.sampled_from(sorted(METRICS))), draw(st.sampled_from(sorted(RELATIONS)))
    attack = draw(st.one_of(st.none(), words, st.just(WORST_CASE)) if metric in OF_WORST_CASE else st.none() | words)
    epsilon = draw(epsilons if attack in (None, WORST_CASE) else st.none() | epsilons)
    where = draw(st.lists(plain | quoted, max_size=2)) if epsilon else []
    number, percent = draw(numbers), METRICS[metric].percent and draw(st.booleans())
    cells = [*(cell for cell in (attack, epsilon) if cell), *(f'"{name}"' if "," in name else name for name in where)]
    s = [draw(spaces) for _ in range(5)]
    between = f"{s[0]},{s[1]}".join(cells)
    text = f"{s[2]}{metric}{s[3]}@{s[4]}{between}{s[0]}{relation}{s[1]}{number}{'%' if percent else ''}{s[2]}"
    scale = 100 if METRICS[metric].percent and not percent else 1
    fields = {
        "metric": metric,
        "attack": attack,
        "epsilon": float(epsilon) if epsilon else None,
        "where": tuple(where),
        "relation": relation,
        "bound": float(number) * scale,
    }
    return text, fields


@given(requirements())
def test_a_line_means_its_parts_however_it_is_spaced(drawn):
    text, fields = drawn
    found = parse(text)
    for name, value in fields.items():
        assert getattr(found, name) == (pytest.approx(value, abs=1e-12) if name == "bound" else value)
    assert parse(found.text) == found and " ".join(text.split()) == found.text


@given(requirements(), st.floats(-50, 150, allow_nan=False))
@example(("iou@4 >= 0.07", {}), 7.0)
def test_it_holds_on_its_own_side_of_the_bound(drawn, value):
    found = parse(drawn[0])
    assume(abs(value - found.bound) > 1e-6 or value == found.bound)
    wanted = {
        ">=": value >= found.bound,
        ">": value > found.bound,
        "<=": value <= found.bound,
        "<": value < found.bound,
    }
    assert bool(found.holds(value)) is wanted[found.relation]
    assert not found.holds(math.nan)


@given(
    st.lists(
        st.tuples(requirements(), st.sampled_from(["", "  # why", "\t#"]), st.sampled_from(["", "\n", "# a line\n"])),
        max_size=4,
    )
)
def test_a_file_holds_a_requirement_a_line_beside_its_comments(drawn):
    text = "\n".join(f"{before}{line}{comment}" for (line, _), comment, before in drawn)
    assert lines(text) == [parse(line) for (line, _), _, _ in drawn]


@given(st.text(alphabet=st.sampled_from('iou_ratio@fgsm,4 >=<0.5%"#\t-e\x00é'), max_size=30) | st.text(max_size=30))
def test_whatever_is_no_requirement_is_said_to_be_none_in_one_line(text):
    with contextlib.suppress(ValueError):
        found = parse(text)
        assert parse(found.text) == found
        return
    with pytest.raises(ValueError) as error:
        parse(text)
    assert str(error.value) and "\n" not in str(error.value)
