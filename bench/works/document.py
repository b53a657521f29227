"""The statement of a settlement as PDF/A, against Typst alone on what it was given.

Ours opens the settlement, says it in the words of the form, makes its text safe and has it laid
out. The floor gives Typst the same JSON, the same template and fonts. Each call makes another
settlement's, for Typst remembers what it has laid out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import typst

from bench.frame import Work
from bench.works.settle import bills
from edge.core.paper.settled import statement
from edge.documents.fonts import font_folders
from edge.documents.press import STANDARD, given_to_typst
from edge.packs.forms import statement_form
from edge.paperwork.order import REGIONS, place_of
from edge.paperwork.settled import settled_as_told, statement_order
from edge.site import Site

LINES = 76
CODES = 3_000
STATEMENTS = 30


@dataclass(frozen=True, slots=True)
class Statements:
    """Settlements of one site, taken in turn; and what Typst is given for each."""

    site: Site
    settlements: Iterator[str]
    ready: Iterator[dict[str, Any]]
    compiler: typst.Compiler

    def ours(self) -> bytes:
        """Make the next document."""
        return statement_order(self.site, self.site.store.read(), next(self.settlements)).make()

    def floor(self) -> bytes:
        """Lay out what lies ready for the next one."""
        made, _ = self.compiler.compile_with_warnings(
            **next(self.ready), format="pdf", pdf_standards=STANDARD, pdf_tags=False
        )
        return made if isinstance(made, bytes) else b""


def works() -> Iterator[Work]:
    """Yield the statement of a bill of 76 lines."""
    with bills(((LINES, LINES // 2),), CODES, {LINES: STATEMENTS}) as made:
        [(_, bill)] = made
        for _ in range(STATEMENTS):
            bill.ours()
        one = statements(bill.site)
        yield Work(name="document", work=f"{LINES} lines", ours=one.ours, floor=one.floor)


def statements(site: Site) -> Statements:
    """Return all that the site has settled, ready to be laid out."""
    rows = site.store.read().query("select id from settlements order by id")
    settlements = [str(row["id"]) for row in rows]
    folders = [str(folder) for folder in font_folders()]
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=folders
    )
    return Statements(
        site=site,
        settlements=cycle(settlements),
        ready=cycle([_ready(site, settlement) for settlement in settlements]),
        compiler=typst.Compiler(font_paths=fonts, ignore_system_fonts=True),
    )


def _ready(site: Site, settlement: str) -> dict[str, Any]:
    told = settled_as_told(site, site.store.read(), settlement)
    form = statement_form(REGIONS, place_of(site, told.case), told.case.service)
    return given_to_typst(statement(told, form))
