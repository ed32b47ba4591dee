"""Pages of HTML: what is filled into a template is text, whatever it holds."""

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jinja2
    import markupsafe

LONG = 16
"""Letters of a word that may be broken within a table, lest a column be as wide as a phone."""


def html(template: str, **values: Any) -> str:
    """The page that a template of this package, such as "reports/page.html.j2", makes of the values. Half characters,
    which no file can hold (lone surrogates), become question marks."""
    text = _environment().get_template(template).render(**values)
    return text.encode("utf-8", "replace").decode()


def breakable(text: str) -> "str | markupsafe.Markup":
    """The text, which may go on in another line behind each underscore where it has a LONG word: names of networks."""
    import markupsafe

    long = any(len(word) > LONG for word in text.split())
    return markupsafe.Markup("_<wbr>").join(text.split("_")) if long else text


@functools.cache
def _environment() -> "jinja2.Environment":
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("tfadvseg", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["breakable"] = breakable
    return made
