"""Pages in Chromium: alone, quiet, sorted and looked at by hand and by keyboard, on phones, in the dark, without
scripts, and for everybody (axe-core)."""

import pytest

pytestmark = pytest.mark.browser

KINDS = (
    "report",
    "index",
    "leaderboard",
    "transforms",
    "transform_transfer",
    "transfer",
    "scale_transfer",
    "crf",
    "masking",
    "certificate",
    "attack",
    "verify_served",
    "train",
)
WITHOUT_PICTURES = ("index", "leaderboard", "verify_served")
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DARK = {"color_scheme": "dark"}
LOOKS = {"desktop": {}, "phone": PHONE, "dark": DARK, "dark phone": PHONE | DARK}
SHOWN = "#content .subject:not([hidden]) details[open] .attacked:not([hidden])"
"""What one attack did at one epsilon."""


@pytest.fixture(params=KINDS)
def name(request):
    """Of a page."""
    return request.param


@pytest.fixture
def path(name, pages):
    """Of a page of each kind."""
    return pages[name]


def test_every_page_is_opened(pages):
    assert set(pages) == set(KINDS)


@pytest.fixture
def report(opened, pages):
    """The page of a run on a desktop."""
    return opened(pages["report"]).page


def test_a_page_asks_for_nothing_says_nothing_and_shows_all_its_pictures(opened, name, path):
    tab = opened(path)
    page = tab.page
    widths = page.evaluate(
        "Promise.all([...document.images].map(async image => { await image.decode(); return image.naturalWidth; }))"
    )
    for button in page.locator("button:visible").all():
        button.click()
        if page.locator("dialog[open]").count():
            page.keyboard.press("Escape")
    assert tab.fetched == [path.as_uri()] and tab.said == []
    assert all(width > 0 for width in widths) and bool(widths) == (name not in WITHOUT_PICTURES)


def column(table, number):
    """What orders the cells of a column, from top to bottom."""
    return table.locator(f"tbody tr > :nth-child({number + 1})").evaluate_all(
        "cells => cells.map(cell => cell.dataset.value)"
    )


def in_order(page, values, descending):
    """Whether numbers stand as numbers, where all are, and words as a dictionary has them; empty ones last."""
    said = [value for value in values if value]
    steps = list(zip(said, said[1:], strict=False))
    try:
        falls = [float(first) - float(second) for first, second in steps]
    except ValueError:
        falls = page.evaluate("steps => steps.map(([first, second]) => first.localeCompare(second))", steps)
    return said + [""] * (len(values) - len(said)) == values and all(
        fall >= 0 if descending else fall <= 0 for fall in falls
    )


def directions(table):
    """aria-sort of each heading."""
    return table.locator("thead th").evaluate_all("heads => heads.map(head => head.getAttribute('aria-sort'))")


def test_each_heading_of_each_table_sorts_up_and_down(opened, path):
    page, moved, rows = opened(path).page, 0, set()
    for table in page.locator("table").all():
        rows.add(table.locator("tbody tr").count())
        heads = table.locator("thead th button").all()
        for number, head in enumerate(heads):
            first = None
            for _ in range(2):
                before = column(table, number)
                head.click()
                (direction,) = set(directions(table)) - {None}
                assert directions(table).index(direction) == number and direction != first
                after = column(table, number)
                assert in_order(page, after, direction == "descending") and sorted(after) == sorted(before)
                moved, first = moved + (after != before), direction
    assert moved or rows == {1}


def test_numbers_begin_at_the_highest_and_words_at_the_first(report):
    table = report.locator("table").filter(has_text="Worst alone").first
    names = [name.strip() for name in table.locator("thead th").all_inner_texts()]
    for name, direction in (("Network", "ascending"), ("Alone (%)", "descending")):
        table.get_by_role("button", name=name).click()
        assert directions(table)[names.index(name)] == direction


def focus_by_tab(page, wanted, most=200):
    """Presses Tab until `wanted` has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("Tab never came there")


def test_a_table_is_sorted_by_keyboard(opened, path):
    page = opened(path).page
    table = page.locator("table").last
    head = table.locator("thead th button").first
    focus_by_tab(page, head)
    assert head.evaluate("button => getComputedStyle(button).outlineStyle") != "none"
    page.keyboard.press("Enter")
    first = directions(table)[0]
    page.keyboard.press("Space")
    assert {first, directions(table)[0]} == {"ascending", "descending"}


def test_the_skip_link_comes_first_and_leads_to_the_content(opened, path):
    page = opened(path).page
    page.keyboard.press("Tab")
    link = page.locator(".skip")
    assert link.evaluate("link => link === document.activeElement && link.getBoundingClientRect().left >= 0")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("kind", ["card", "photograph"])
@pytest.mark.parametrize("close", ["Escape", "Close", "beside"])
def test_a_picture_is_enlarged_and_the_focus_comes_back(report, kind, close):
    button = report.locator(f".{kind} .larger:visible").first
    dialog = report.locator("dialog")
    button.focus()
    report.keyboard.press("Enter")
    assert dialog.is_visible() and dialog.locator("img").get_attribute("src") == button.locator("img").get_attribute(
        "src"
    )
    assert dialog.locator("figcaption").inner_text() == button.locator("img").get_attribute("alt")
    assert dialog.evaluate("dialog => dialog.contains(document.activeElement)")
    if close == "Escape":
        report.keyboard.press("Escape")
    elif close == "Close":
        dialog.get_by_role("button", name="Close").click()
    else:
        report.mouse.click(5, 5)
    assert dialog.is_hidden() and button.evaluate("button => button === document.activeElement")


def test_a_picture_is_larger_in_its_dialog_on_a_phone_too(opened, pages):
    for look in LOOKS.values():
        page = opened(pages["report"], **look).page
        for kind in ("card", "photograph"):
            picture = page.locator(f".{kind} .larger:visible img").first
            picture.click()
            enlarged = page.locator("dialog img").bounding_box()["width"]
            assert enlarged > 1.1 * picture.bounding_box()["width"]
            assert page.locator("dialog").bounding_box()["width"] <= page.viewport_size["width"]
            page.keyboard.press("Escape")


def shown(page):
    """(title, pictures) of the one row of attacked photographs that is to be seen."""
    (row,) = page.locator(SHOWN).all()
    return row.get_attribute("data-title"), row.locator("img").evaluate_all("images => images.map(image => image.src)")


def test_the_epsilon_slider_changes_image_perturbation_and_prediction_by_keyboard(report):
    slider = report.get_by_role("slider", name="Epsilon")
    focus_by_tab(report, slider)
    seen = [shown(report)]
    for key in ("ArrowLeft", "ArrowLeft"):
        report.keyboard.press(key)
        seen.append(shown(report))
        assert slider.get_attribute("aria-valuetext") == report.locator("output").inner_text() == seen[-1][0]
    assert [title for title, _ in seen] == ["epsilon 8", "epsilon 4", "epsilon 1"]
    assert all(len({pictures[place] for _, pictures in seen}) == 3 for place in range(3))
    for key, title in (("End", "epsilon 8"), ("Home", "epsilon 1"), ("ArrowRight", "epsilon 4")):
        report.keyboard.press(key)
        assert shown(report)[0] == title


def test_the_epsilon_slider_is_moved_by_a_script_as_well(report):
    report.get_by_role("slider", name="Epsilon").fill(
        "0"
    )  # sets the value and tells of it, as assistive technology does
    assert shown(report)[0] == "epsilon 1"


def test_network_and_attack_are_chosen_and_the_epsilon_stays(report):
    report.get_by_role("slider", name="Epsilon").fill("1")
    pictures = {tuple(shown(report)[1])}
    report.get_by_role("combobox", name="Attack").select_option("Iterative FGSM ll")
    pictures.add(tuple(shown(report)[1]))
    report.get_by_role("combobox", name="Network and image").select_option(index=1)
    assert report.get_by_role("combobox", name="Attack").locator("option:checked").inner_text() == "Iterative FGSM ll"
    assert shown(report)[0] == "epsilon 4" and len(pictures) == 2
    assert report.locator(".subject:visible h3").all_inner_texts() == ["bnet, image 0001"]


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_scrolls_no_way_but_down(opened, path, width):
    page = opened(path, **PHONE | {"viewport": {"width": width, "height": 844}}).page
    beyond = page.evaluate(
        """[...document.querySelectorAll("body *")].filter(one => !one.closest(".wide > *, .skip, .unseen")
             && one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 80))"""
    )
    assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [width, width] and beyond == []


def colours(page):
    """How bright background and text of the page are, 0 to 255."""
    return page.evaluate(
        """["backgroundColor", "color"].map(
             name => Math.max(...getComputedStyle(document.body)[name].match(/\\d+/g).slice(0, 3)))"""
    )


def test_the_dark_is_dark_and_paper_is_white(opened, path):
    back, text = colours(opened(path).page)
    assert back > 200 and text < 50
    page = opened(path, **DARK).page
    back, text = colours(page)
    assert back < 50 and text > 200
    page.emulate_media(media="print")
    back, text = colours(page)
    assert back > 200 and text < 50


def test_without_scripts_everything_is_there(opened, path):
    scripted, plain = opened(path).page, opened(path, java_script_enabled=False).page
    for selector in ("tr", "img", "figure", "h2", ".attacked"):
        assert plain.locator(selector).count() == scripted.locator(selector).count()
    assert plain.locator(".controls:visible").count() == 0
    closed = plain.locator("details:not([open]) summary")
    while closed.count():
        closed.first.click()
    hidden = [one for one in plain.locator("#content img, #content tr").all() if not one.is_visible()]
    assert hidden == [] and plain.locator("#content").inner_text()


@pytest.mark.parametrize("look", LOOKS)
def test_everybody_can_use_it(opened, path, look):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(path, **LOOKS[look]).page
    pictures = page.locator(".larger:visible")
    states = ["page", "dialog"] if pictures.count() else ["page"]
    for state in states:
        if state == "dialog":
            pictures.first.click()
        found = Axe().run(page).response
        serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
        assert [(one["id"], one["nodes"][0]["html"]) for one in serious] == [], state
        assert len(found["passes"]) > 10
