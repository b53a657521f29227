"""What is pressed: the same bytes each time, PDF/A, every amount and reason, no character lost."""

import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from io import BytesIO
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String
from pypdfium2 import raw

from edge.core.errors import Fault
from edge.core.identity import Identity
from edge.core.money import yuan
from edge.core.paper.office import complaint_receipt
from edge.core.paper.settled import statement
from edge.documents import bundle, missing_fonts, pressed
from edge.documents.fonts import FILES, font_folders
from edge.documents.press import pictured
from tests.documents.office_samples import all_papers, complaint
from tests.documents.pdf_a import breaches
from tests.documents.samples import FORM, LINES, PERSON, charge, settled
from tests.house.source import ROOT

HEAD = "理由与依据"

PRINT_AGAIN = (
    "import hashlib; from edge.documents import pressed;"
    " from tests.documents.office_samples import all_papers;"
    " print(hashlib.sha256(pressed(all_papers()['statement'])).hexdigest())"
)


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    """Press one paper of each kind, once for this file."""
    return {name: pressed(paper) for name, paper in all_papers().items()}


def text_of(pdf: bytes) -> list[str]:
    """Return the text of each page, without the spaces that only lay it out."""
    with pdfium.PdfDocument(pdf) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return [re.sub(r"[\s\u200b]", "", page) for page in pages]


def test_the_same_paper_gives_the_same_bytes_here_and_in_another_process(
    made: dict[str, bytes],
) -> None:
    first = made["statement"]
    assert pressed(all_papers()["statement"]) == first
    other = subprocess.run(
        [sys.executable, "-c", PRINT_AGAIN], cwd=ROOT, capture_output=True, check=True, text=True
    )
    assert other.stdout.strip() == hashlib.sha256(first).hexdigest()


def test_every_document_claims_pdf_a_2b_its_title_and_its_own_day(made: dict[str, bytes]) -> None:
    for name, paper in all_papers().items():
        assert b"<pdfaid:part>2<" in made[name], name
        assert b"<pdfaid:conformance>B<" in made[name], name
        assert b"/S/GTS_PDFA1" in made[name].replace(b" ", b""), name
        with pdfium.PdfDocument(made[name]) as document:
            told = document.get_metadata_dict()
        assert told["Title"] == f"{paper.title} {paper.number}"
        assert told["CreationDate"] == f"D:{paper.dated.astimezone(UTC):%Y%m%d%H%M%S}Z"


def test_no_document_has_anything_that_pdf_a_forbids(made: dict[str, bytes]) -> None:
    assert {name: found for name, pdf in made.items() if (found := breaches(pdf))} == {}


def _scripted(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("1"))


def _without_a_profile(pdf: Pdf) -> None:
    pdf.Root.OutputIntents = Array()


def _without_its_fonts(pdf: Pdf) -> None:
    for one in pdf.objects:
        for key in ("/FontFile2", "/FontFile3"):
            if isinstance(one, Dictionary) and key in one:
                del one[key]


def _renamed(pdf: Pdf) -> None:
    pdf.docinfo[Name.Title] = String("another")


@pytest.mark.parametrize(
    ("spoil", "clause"),
    [
        (_scripted, "6.5.1"),
        (_without_a_profile, "6.2.3"),
        (_without_its_fonts, "6.2.11.4"),
        (_renamed, "6.6.3"),
    ],
)
def test_what_pdf_a_forbids_is_found(
    made: dict[str, bytes], spoil: Callable[[Pdf], None], clause: str
) -> None:
    spoilt = BytesIO()
    with Pdf.open(BytesIO(made["statement"])) as pdf:
        spoil(pdf)
        pdf.save(spoilt)
    assert any(one.startswith(clause) for one in breaches(spoilt.getvalue()))


def test_every_font_of_every_document_is_in_it(made: dict[str, bytes]) -> None:
    for name, pdf in made.items():
        with pdfium.PdfDocument(pdf) as document:
            texts = [one for page in document for one in page.get_objects([raw.FPDF_PAGEOBJ_TEXT])]
            fonts = [raw.FPDFTextObj_GetFont(one.raw) for one in texts]
            assert fonts, name
            assert {raw.FPDFFont_GetIsEmbedded(font) for font in fonts} == {1}, name


def test_every_amount_and_every_reason_of_a_statement_can_be_read_off_it(
    made: dict[str, bytes],
) -> None:
    ruling = settled().ruling
    text = "".join(text_of(made["statement"]))
    for line in ruling.lines:
        for fen in (line.amount_fen, line.fund_fen, line.personal_fen):
            assert yuan(fen) in text
    for reason in ("超过目录最高支付标准", "不在工伤保险目录", "与本次工伤无关", "津第十九条"):
        assert reason in text
    sums = (ruling.total_fen, ruling.fund_fen, ruling.personal_fen)
    assert f"合计{''.join(map(yuan, sums))}" in text
    assert ruling.total_fen == ruling.fund_fen + ruling.personal_fen


def test_rare_characters_and_markup_come_out_as_they_are(made: dict[str, bytes]) -> None:
    for name in ("statement", "manual", "referral", "entry", "slip"):
        assert PERSON.name in "".join(text_of(made[name])), name
    assert "<b>x</b>#eval(1)$a$" in "".join(text_of(made["statement"]))


def test_a_character_without_a_glyph_is_named_and_nothing_is_made() -> None:
    person = Identity(PERSON.number, "张\U0001f600三")
    with pytest.raises(Fault) as refused:
        pressed(statement(replace(settled(), person=person), FORM))
    assert refused.value.code == "GLYPH_MISSING"
    assert "U+1F600" in refused.value.reason.zh


def test_what_is_hidden_in_a_name_is_shown_by_its_code_point() -> None:
    person = Identity(PERSON.number, "张\u202e三\u200b")
    pdf = pressed(statement(replace(settled(), person=person), FORM))
    assert "张[U+202E]三[U+200B]" in "".join(text_of(pdf))


def test_a_bill_of_two_thousand_lines_is_paged_under_a_repeated_head() -> None:
    lines = tuple(charge(str(n), "ZL02", "1", f"{n}.01") for n in range(1, 2001))
    one = settled(*lines)
    pages = text_of(pressed(statement(one, FORM)))
    detail = [page for page in pages if "目录内" in page]
    assert len(detail) > 20
    assert all(HEAD in page for page in detail)
    assert f"第{len(pages)}页，共{len(pages)}页" in pages[-1]
    read = re.findall(r"目录内，全额由基金支付", "".join(detail))
    assert len(read) == 2000
    assert yuan(one.ruling.total_fen) in pages[-1]


def test_every_kind_can_be_looked_at_page_by_page(made: dict[str, bytes]) -> None:
    two = pictured(all_papers()["claim"], ppi=20)
    assert len(two) == len(text_of(made["claim"]))
    assert all(page.startswith(b"\x89PNG") for page in two)


def test_a_long_complaint_goes_on_over_the_page_to_its_last_word() -> None:
    said = complaint().said
    long = replace(complaint(), said=replace(said, text="请予答复。" * 380 + "\n" * 60 + "完毕"))
    pages = text_of(pressed(complaint_receipt(long, facility="院", article="津 第四十条")))
    assert len(pages) > 1
    assert "请予答复" in pages[0]
    assert "完毕" in "".join(pages[1:])


def test_both_copies_of_a_claim_form_say_the_same(made: dict[str, bytes]) -> None:
    first, second, annex = text_of(made["claim"])
    assert "第一联" in first
    assert "第二联" in second
    amounts = re.compile(r"\d[\d,]*\.\d\d")
    assert amounts.findall(first) == amounts.findall(second)
    assert amounts.findall(first)[-1] in annex


def test_a_bundle_of_the_same_files_is_the_same() -> None:
    files = {"a.txt": b"a" * 1000, "b.txt": b""}
    assert bundle(files) == bundle(files)
    assert len(LINES) > 1


def test_a_machine_without_the_fonts_is_told_which_and_how(tmp_path: Path) -> None:
    assert missing_fonts((tmp_path,)) == FILES
    with pytest.raises(Fault) as refused:
        font_folders((tmp_path,))
    assert refused.value.code == "FONT_MISSING"
    assert "HanaMinB.ttf" in refused.value.reason.zh
    assert "fonts-hanazono" in refused.value.next_action.zh
