"""QR codes as drawings. The one importer of segno; decides nothing about what a code says."""

import io

_QUIET_MODULES = 2


def qr_svg(data: str) -> str:
    """Return ``data`` as the SVG of a QR code (error correction M), the same for the same data."""
    import segno  # noqa: PLC0415 - what shows no code does not load it

    drawn = io.BytesIO()
    code = segno.make(data, error="m", micro=False)
    code.save(drawn, kind="svg", xmldecl=False, border=_QUIET_MODULES)
    return drawn.getvalue().decode()
