"""Pages of HTML: what is filled into a template is text, whatever it holds."""

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jinja2


def html(template: str, **values: Any) -> str:
    """The page that a template of this package, such as "reports/page.html.j2", makes of the values. Half characters,
    which no file can hold (lone surrogates), become question marks."""
    text = _environment().get_template(template).render(**values)
    return text.encode("utf-8", "replace").decode()


@functools.cache
def _environment() -> "jinja2.Environment":
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("tfadvseg", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
