"""A page that would load something from another host is a warning, which `--strict` makes an error."""

import logging
import re

LOG = logging.getLogger("mkdocs.hooks.offline")
LOADED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(?:https?:)?//[^"'\s>]+"""
    r"""|<link\b[^>]*\bhref=["']?(?:https?:)?//[^"'\s>]+"""
)
NOT_LOADED = re.compile(r"""\brel=["']?(?:canonical|prev|next)\b""")


def on_post_page(output: str, page: object, **_: object) -> str:
    """The page's HTML as it is; called by MkDocs for each page."""
    for found in LOADED.findall(output):
        if not NOT_LOADED.search(found):
            LOG.warning("%s loads from another host: %s", page, found)
    return output
