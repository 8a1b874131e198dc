"""What every tile with figures owes its reader, told from the page alone: a new tile without it fails (test_every_tile.py)."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.urls import reverse

from cvm.definitions.catalogue import ALL

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
# tables of a page that are no figures of a night: rows with doors of their own, or a history of edits
OTHER = {"First to nudge", "优先推动", "Versions", "历史版本"}


@dataclass
class Node:
    """An element with what it holds."""

    tag: str
    attributes: dict[str, str]
    children: list[Node] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    @property
    def text(self) -> str:
        return " ".join([*self.texts, *(child.text for child in self.children)])

    def all(self, tag: str = "", css: str = "") -> list[Node]:
        """Return every element below of this tag and class."""
        found = []
        for child in self.children:
            if (not tag or child.tag == tag) and (not css or css in child.classes):
                found.append(child)
            found += child.all(tag, css)
        return found


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.path = [Node("document", {})]

    def handle_starttag(self, tag, attrs):
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.path[-1].children.append(node)
        if tag not in VOID:
            self.path.append(node)

    def handle_endtag(self, tag):
        if tag not in VOID:
            while self.path.pop().tag != tag:
                pass

    def handle_data(self, data):
        self.path[-1].texts.append(data.strip())


def tree(html: str) -> Node:
    """Return a page as its elements."""
    parser = _Tree()
    parser.feed(html)
    return parser.path[0]


def figure_tiles(page: Node) -> list[Node]:
    """Return the tiles and strips of a page that show figures."""
    tiles = [*page.all("section", "tile"), *page.all("section", "strip")]
    shown = [one for one in tiles if one.all("td") or one.all(css="kpi-value") or one.all(css="step-figure")]
    return [one for one in shown if not OTHER & {head.text.strip() for head in one.all("h2")}]


def faults_of(client, url: str, *, run, tiles: int = 1) -> list[str]:
    """Return what the tiles of a page lack, by name; a page with fewer than `tiles` is a fault as well."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    page = tree(answer.content.decode())
    found, faults, links = figure_tiles(page), [], set()
    faults += [] if len(found) >= tiles else [f"{url}: {len(found)} tiles"]
    for tile in found:
        name = tile.attributes.get("id", "")
        faults += [f"{url} {name or tile.text[:40]}: {fault}" for fault in _faults(client, url, tile, run)]
        links |= {(link.attributes["href"].partition("#")[0], name) for link in tile.all("a", "tile-link")}
    for address in {address for address, _name in links}:
        again = tree(client.get(urljoin(url, address)).content.decode())
        known = {one.attributes.get("id") for one in figure_tiles(again)}
        faults += [
            f"{url} {name}: its link does not show it" for at, name in links if at == address and name not in known
        ]
    return faults


def _faults(client, url, tile, run):
    name = tile.attributes.get("id")
    if not name:
        yield "no id a link could name"
    if not _definitions(tile):
        yield "no definition of the registry"
    for card in tile.all(css="step-card"):
        if card.all(css="step-figure") and not _definitions(card):
            yield f"no definition of {card.text[:30]}"
    for figure in tile.all(css="kpi"):
        if not _definitions(figure):
            yield f"no definition of {figure.text[:30]}"
    foot = " ".join(part.text for part in tile.all("footer"))
    if f"{run.as_of:%Y-%m-%d}" not in foot or str(run.pk) not in foot:
        yield "no night or day at its foot"
    if not tile.all("table") and not tile.all("dl") and not tile.all(css="step-figure"):
        yield "no table twin"
    if (tile.all("cvm-chart") or tile.all("table", "heat")) and not [
        one for one in tile.all("cvm-chart") if one.attributes.get("picture") and one.all("table")
    ]:
        yield "a drawing without a picture to take"
    links = [link.attributes["href"] for link in tile.all("a", "tile-link")]
    if not [link for link in links if f"run={run.pk}" in link and link.endswith(f"#{name}")]:
        yield "no link that shows it again"
    yield from _faults_of_file(client, url, tile, run)


def _definitions(node):
    home = reverse("definitions")
    links = [link.attributes.get("href", "") for one in node.all("details", "define") for link in one.all("a")]
    return [link for link in links if link.startswith(f"{home}#") and urlsplit(link).fragment in ALL]


def _faults_of_file(client, url, tile, run):
    files = [link.attributes["href"] for link in tile.all("a", "tile-file") if "download" in link.attributes]
    if not files:
        yield "no file"
        return
    answer = client.get(urljoin(url, files[0]))
    if answer.status_code != 200 or "csv" not in answer.headers["Content-Type"]:
        yield f"no file behind {files[0]}"
        return
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    if f"{run.as_of:%Y-%m-%d}" not in rows[2][0] or str(run.pk) not in rows[2][1] or not rows[1][0]:
        yield "a file without definition, day or night"
    if len(rows) < 5:
        yield "a file without figures"
