"""Documents as data: what each says, block by block. Lays nothing out (``edge.documents``)."""

from edge.core.paper.blocks import DocumentKind, Paper

__all__ = ["DocumentKind", "Paper"]
