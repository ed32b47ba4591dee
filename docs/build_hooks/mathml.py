"""Equations as MathML, made while the site is built: browsers show it by themselves, without a script or a font."""

import html
import logging
import re

from latex2mathml.converter import convert

LOG = logging.getLogger("mkdocs.hooks.mathml")
EQUATION = re.compile(r'<(?P<tag>span|div) class="arithmatex">\\[(\[](?P<latex>.*?)\\[)\]]</(?P=tag)>', re.S)
"""What pymdownx.arithmatex leaves of $...$ (a span) and of $$...$$ (a div)."""


def on_page_content(text: str, **_: object) -> str:
    """The page's HTML with its equations in MathML; called by MkDocs for each page."""

    def made(found: re.Match) -> str:
        display = "block" if found["tag"] == "div" else "inline"
        mathml = convert(html.unescape(found["latex"]).strip(), display=display)
        if "\\" in html.unescape(mathml):  # what the converter does not know it leaves as it is
            LOG.warning("A command of this equation is not known: %s", found["latex"])
        return mathml

    return EQUATION.sub(made, text)
