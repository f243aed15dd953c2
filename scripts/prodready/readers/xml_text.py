"""XML without entities, external references or bombs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodready.readers.structured import Unreadable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def parse(content: bytes, *, name: str) -> Element:
    """The root element. Raises Unreadable for text that is cut off, malformed or declares entities."""
    import defusedxml
    from defusedxml import ElementTree

    try:
        root: Element = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        line = error.position[0] if hasattr(error, "position") else 1
        cut = "no element found" in str(error) or "unclosed" in str(error)
        raise Unreadable(f"{name}:{line}: {'cut off before its end' if cut else f'not valid XML: {error}'}") from None
    except defusedxml.DefusedXmlException:
        raise Unreadable(f"{name}:1: refused, since it declares XML entities; no test tool needs them") from None
    except (ValueError, LookupError, RecursionError) as error:
        raise Unreadable(f"{name}:1: not readable XML: {error}") from None
    return root


def whole(element: Element, attribute: str) -> int | None:
    """An attribute as a whole number; None when it is not there or no number."""
    text = element.get(attribute, "").replace(",", "")
    return int(text) if text.isdecimal() and len(text) < 16 else None
