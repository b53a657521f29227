"""Looks through a PDF for what PDF/A-2b (ISO 19005-2) forbids or asks for, by another's reader.

The press says of itself that it keeps to PDF/A; this reads the objects with qpdf. It is not the
whole standard: it judges structure, metadata, colour profile, fonts and actions, never what is
painted.
"""

from collections.abc import Iterator
from io import BytesIO

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

_ACTIONS = frozenset(
    {
        "/Launch",
        "/Sound",
        "/Movie",
        "/ResetForm",
        "/ImportData",
        "/Hide",
        "/SetOCGState",
        "/Rendition",
        "/Trans",
        "/GoTo3DView",
        "/JavaScript",
    }
)
_KEYS = {
    "/AA": "6.5.2 an act of its own",
    "/JS": "6.5.1 a script",
    "/XFA": "6.4.2 an XFA form",
    "/EF": "6.8 a file inside",
    "/Alternates": "6.2.8 another image to print",
    "/OPI": "6.2.8 an image from elsewhere",
    "/Ref": "6.2.9 a page from elsewhere",
}
_CHANNELS = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}
_PRINTED = 4
"""The flag of an annotation that is printed."""


def breaches(pdf: bytes) -> list[str]:
    """Return what is against the standard, each with its clause; empty: nothing was found."""
    with Pdf.open(BytesIO(pdf)) as read:
        objects = [one for top in read.objects for one in _within(top)]
        found = [*_of_the_file(pdf, read), *_of_its_colours(read), *_of_what_it_says(read)]
        for one in objects:
            found += [*_of_an_object(one), *_of_a_font(one)]
        return found


def _within(one: Object) -> Iterator[Object]:
    """Yield a dictionary and all that stand in it, or in an array; not what it only points at."""
    parts: list[Object] = []
    if isinstance(one, Dictionary | Stream):
        yield one
        parts = list(one.values())
    elif isinstance(one, Array):
        parts = list(one)
    for part in parts:
        if isinstance(part, Array | Dictionary) and not part.is_indirect:
            yield from _within(part)


def _of_the_file(pdf: bytes, read: Pdf) -> Iterator[str]:
    head, comment, *_ = pdf.split(b"\n", 2)
    if not head.startswith(b"%PDF-1.") or min(comment[1:5], default=0) < 128:
        yield "6.1.2 the head"
    if read.is_encrypted:
        yield "6.1.3 encrypted"
    if Name.ID not in read.trailer:
        yield "6.1.3 no ID"
    if Name.OCProperties in read.Root:
        yield "6.9 layers"


def _of_its_colours(read: Pdf) -> Iterator[str]:
    intents = [one for one in read.Root.get("/OutputIntents", ()) if one.S == Name.GTS_PDFA1]
    if len(intents) != 1:
        yield "6.2.3 not one output intent"
    for intent in intents:
        profile = intent.DestOutputProfile
        bytes_ = profile.read_bytes()
        if bytes_[36:40] != b"acsp" or _CHANNELS.get(bytes_[16:20]) != profile.N:
            yield "6.2.3 its profile"


def _of_what_it_says(read: Pdf) -> Iterator[str]:
    with read.open_metadata(set_pikepdf_as_editor=False) as told:
        if (told.get("pdfaid:part"), told.get("pdfaid:conformance")) != ("2", "B"):
            yield "6.6.4 it does not say PDF/A-2b"
        if str(read.docinfo.get("/Title", "")) != str(told.get("dc:title", "")):
            yield "6.6.3 two titles"


def _of_an_object(one: Object) -> Iterator[str]:
    for key, name in _KEYS.items():
        if key in one:
            yield name
    if str(one.get("/S", "")) in _ACTIONS:
        yield f"6.5.1 {one.S}"
    if one.get("/Interpolate"):
        yield "6.2.8 an image made up"
    if isinstance(one, Stream) and ("/F" in one or "LZWDecode" in str(one.get("/Filter", ""))):
        yield "6.1.7 a stream from elsewhere, or LZW"
    if one.get("/Type") == Name.Annot and not int(one.get("/F", 0)) & _PRINTED:
        yield "6.3.2 a note that is not printed"


def _of_a_font(one: Object) -> Iterator[str]:
    if one.get("/Type") != Name.Font:
        return
    kind = one.get("/Subtype")
    if kind == Name.Type0:
        if one.Encoding not in (Name("/Identity-H"), Name("/Identity-V")):
            yield "6.2.11.3.3 a character map of somebody's"
        return
    if kind == Name.Type3:
        return
    described = one.get("/FontDescriptor", Dictionary())
    if not any(key in described for key in ("/FontFile", "/FontFile2", "/FontFile3")):
        yield f"6.2.11.4 {one.get('/BaseFont')} is not in it"
    if kind == Name.CIDFontType2 and "/CIDToGIDMap" not in one:
        yield "6.2.11.3.2 no map to its glyphs"
