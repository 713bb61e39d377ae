"""Reading HTML pages in tests: their text with the language it stands under, their anchors and their links."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Element", "HtmlPage", "read_page"]

_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905


@dataclass
class Element:
    """An element: what it is called, its attributes, its language, and all the text inside it."""

    name: str
    attributes: dict[str, str]
    lang: str
    inside: list[Element] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text, with single spaces."""
        return " ".join("".join(text for text, _ in self.texts).split())


class HtmlPage(HTMLParser):
    """A page as a list of elements, each with the text in it and the languages that the text stands under."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        lang = attributes.get("lang", self.open[-1].lang if self.open else "")
        element = Element(tag, attributes, lang)
        self.elements.append(element)
        for around in self.open:
            around.inside.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1].name == tag, f"</{tag}> where <{self.open[-1].name}> is open"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for around in self.open:
            around.texts.append((data, self.open[-1].lang))

    @property
    def ids(self) -> list[str]:
        """The anchors, repeats included."""
        return [element.attributes["id"] for element in self.elements if "id" in element.attributes]

    @property
    def links(self) -> list[str]:
        """Where links lead, style sheets and scripts included."""
        return [
            element.attributes[name]
            for element in self.elements
            for name in ("href", "src")
            if name in element.attributes
        ]

    def at(self, anchor: str) -> Element:
        """Return the element with an anchor."""
        return next(element for element in self.elements if element.attributes.get("id") == anchor)


def read_page(text: str) -> HtmlPage:
    """Read a page; elements that are not closed in order fail."""
    page = HtmlPage()
    page.feed(text)
    page.close()
    assert not page.open, page.open
    return page
