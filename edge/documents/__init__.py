"""Documents as bytes: papers laid out by Typst as PDF/A-2b, and bundles of files.

Knows what blocks look like and nothing of what they say; stores nothing.
"""

from edge.documents.bundle import bundle
from edge.documents.codes import qr_svg
from edge.documents.fonts import missing_fonts
from edge.documents.press import pressed

__all__ = ["bundle", "missing_fonts", "pressed", "qr_svg"]
