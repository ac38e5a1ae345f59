"""What tests read out of figures and pages."""

import re
from html.parser import HTMLParser

from matplotlib.figure import Figure
from matplotlib.text import Text


def words_of(figure: Figure) -> list[str]:
    """Return all texts of a figure."""
    return [text.get_text() for text in figure.findobj(Text)]


class Page(HTMLParser):
    """Tags that are open, attributes seen, and the rows of tables as text."""

    VOID = ("meta", "img", "br", "link", "input", "hr")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.attributes, self.rows = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.rows and ("td" in self.open or "th" in self.open):
            self.rows[-1][-1] += f" {data.strip()}"


def tables_of(text: str) -> dict[str, list[list[str]]]:
    """Return the rows of every table of a page, its header first, by the label of its region."""
    found = re.findall(r'aria-label="([^"]*)"><table.*?</table>', text, re.DOTALL)
    tables = re.findall(r'aria-label="[^"]*">(<table.*?</table>)', text, re.DOTALL)
    return {
        label: [[" ".join(cell.split()) for cell in row] for row in Page(table).rows]
        for label, table in zip(found, tables, strict=True)
    }
