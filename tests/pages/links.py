"""The numbers of a page that are doors: where each leads and how many customers it promises."""

from html.parser import HTMLParser


class _Doors(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "a" and "data-count" in attributes:
            self.found.append((attributes["href"], int(attributes["data-count"])))


def doors(html):
    """Return (address, customers) of every number that is a link."""
    parser = _Doors()
    parser.feed(html)
    return parser.found
