"""Reads pages as tests do: tags that are balanced, tables as texts, all attributes, and what is loaded."""

import html.parser
import re

VOID = {"meta", "img", "input", "link", "br", "hr"}
LOADING = ("src", "href", "srcset", "poster", "data", "action", "formaction", "background", "xlink:href")


class Page(html.parser.HTMLParser):
    """open: tags that nothing has closed. tags: all of them, with their attributes. tables: rows of texts. text: all
    that is shown."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tables, self.tags, self.words, self.styles = [], [], [], [], re.findall(r"url\([^)]*\)", text)
        self.feed(text.replace("<wbr>", ""))  # where a word may break, which nobody sees
        self.close()

    @property
    def attributes(self):
        return [pair for _, attributes in self.tags for pair in attributes]

    @property
    def loaded(self):
        """Addresses of everything that a browser would fetch, or go to."""
        return [value for name, value in self.attributes if name in LOADING] + self.styles

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        """Attributes of all tags of this name."""
        return [dict(attributes) for name, attributes in self.tags if name == tag]

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data
        if not {"script", "style"} & set(self.open):
            self.words.append(data)
