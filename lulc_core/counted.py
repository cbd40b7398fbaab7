"""Counts and shares in sentences: 1 scene, 2 scenes, 50 %."""

from __future__ import annotations


def counted(number: float, noun: str, verb: str = "") -> str:
    """Return a count with its noun, in the plural unless it is 1.

    Parameters
    ----------
    number
        The count, rounded to a whole number.
    noun
        In the singular.
    verb
        In the plural, such as ``are``, ``have`` or ``lie``; follows the noun, in its form.

    Examples
    --------
    >>> counted(1, "image", "have"), counted(1234, "image", "have")
    ('1 image has', '1,234 images have')
    >>> counted(1, "row", "lie"), counted(0, "scene"), counted(1.0, "pixel")
    ('1 row lies', '0 scenes', '1 pixel')
    """
    whole = round(number)
    words = f"{whole:,} {noun}" if whole == 1 else f"{whole:,} {noun}s"
    return f"{words} {_SINGULAR.get(verb, verb + 's') if whole == 1 else verb}" if verb else words


_SINGULAR = {"are": "is", "were": "was", "have": "has", "do": "does"}


def percent(share: float, digits: int = 0) -> str:
    """Return a share, 0-1, in per cent.

    Examples
    --------
    >>> percent(0.5), percent(1 / 3, 1)
    ('50 %', '33.3 %')
    """
    return f"{100 * share:.{digits}f} %"
