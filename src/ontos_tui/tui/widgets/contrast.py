"""Contrast of two colors as the Web Content Accessibility Guidelines measure it, and colors that have enough of it.

https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
"""

from __future__ import annotations

from textual.color import BLACK, WHITE, Color

LEAST = 4.5
"""What the guidelines ask of text (level AA)."""
STEPS = 20


def contrast(one: Color, other: Color) -> float:
    """From 1 for equal colors to 21 for black and white."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (_linear(channel / 255) for channel in color.rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def readable(front: Color, back: Color) -> Color:
    """The color nearest to `front`, on its way to black or to white, that has enough contrast with `back`."""
    if contrast(front, back) >= LEAST:
        return front
    toward = max((BLACK, WHITE), key=lambda end: contrast(end, back))
    blended = (front.blend(toward, step / STEPS, 1.0) for step in range(1, STEPS))
    return next((color for color in blended if contrast(color, back) >= LEAST), toward)
