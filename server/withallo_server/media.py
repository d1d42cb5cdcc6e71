"""Content of a resource that knows its own media type or metadata; the SDK has one for everything a template gives."""

from collections.abc import Mapping
from typing import Any, Self

from mcp.server.lowlevel.helper_types import ReadResourceContents

AUTHORS = "io.github.withallo-mcp/authors"
"""Under this name, the `_meta` of a text or audio gives the numbers of those whose words it holds."""


def written_by(*numbers: str | None) -> dict[str, list[str]]:
    """Metadata of what people with these numbers said or wrote; a hidden number counts as somebody."""
    return {AUTHORS: [number for number in numbers if number]}


class Media(bytes):
    """Bytes with their media type.

    Attributes:
        mime_type: For example `audio/mpeg`.
        meta: For the `_meta` of the content.
    """

    mime_type: str
    meta: dict[str, Any]

    def __new__(cls, content: bytes, mime_type: str, meta: Mapping[str, Any]) -> Self:
        """Wrap bytes."""
        media = super().__new__(cls, content)
        media.mime_type = mime_type
        media.meta = dict(meta)
        return media


class Text(str):  # noqa: SLOT000  # an attribute is what it is for
    """Text with metadata.

    Attributes:
        meta: For the `_meta` of the content.
    """

    meta: dict[str, Any]

    def __new__(cls, content: str, meta: Mapping[str, Any]) -> Self:
        """Wrap a text."""
        text = super().__new__(cls, content)
        text.meta = dict(meta)
        return text


def labelled(contents: ReadResourceContents) -> ReadResourceContents:
    """The same contents, with what they know of themselves."""
    match contents.content:
        case Media() as media:
            return ReadResourceContents(media, media.mime_type, media.meta)
        case Text() as text:
            return ReadResourceContents(text, contents.mime_type, text.meta)
    return contents
