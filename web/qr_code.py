"""A text as a QR code: one path for an SVG of our own, so that no picture and no request is needed."""

from dataclasses import dataclass

import segno


@dataclass(frozen=True)
class QrCode:
    """A square of so many modules; `path` draws the dark ones."""

    size: int
    path: str


def qr_code(text: str) -> QrCode:
    """Draw a text."""
    matrix = segno.make(text, error="m", micro=False).matrix
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    return QrCode(len(matrix), path)
