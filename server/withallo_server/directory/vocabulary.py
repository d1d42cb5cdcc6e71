"""The words that are in use, kept under the misspellings that lead to them."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, delete, exists, literal, or_, select, tuple_

from withallo_server.database import upsert
from withallo_server.directory.tables import keys, words
from withallo_server.directory.words import spellings

Item = TypeVar("Item")

_BATCH = 400


def learn(connection: Connection, account: int, vocabulary: Collection[str]) -> None:
    """Add the words that are new."""
    for chunk in chunks(sorted(vocabulary)):
        known = select(words.c.word).where(
            words.c.account_id == account, words.c.key.in_([f"={word}" for word in chunk])
        )
        new = set(chunk) - set(connection.scalars(known))
        for some in chunks(sorted(pair for word in new for pair in _entries(word))):
            upsert(connection, words, [{"account_id": account, "key": key, "word": word} for key, word in some])


def forget_unused(connection: Connection, account: int) -> None:
    """Drop the words that nobody has any more."""
    used = [exists().where(keys.c.account_id == account, keys.c.key == literal(field) + words.c.word) for field in "wc"]
    last = "="
    while True:
        unused = (
            select(words.c.word)
            .where(words.c.account_id == account, words.c.key > last, words.c.key < "=\U0010ffff", ~or_(*used))
            .order_by(words.c.key)
            .limit(_BATCH)
        )
        gone = connection.scalars(unused).all()
        if not gone:
            return
        last = f"={gone[-1]}"
        for pairs in chunks(pair for word in gone for pair in _entries(word)):
            wanted = tuple_(words.c.key, words.c.word).in_(pairs)
            connection.execute(delete(words).where(words.c.account_id == account, wanted))


def _entries(word: str) -> Iterator[tuple[str, str]]:
    return ((key, word) for key in (f"={word}", *spellings(word)))


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """As many at a time as a statement may bind."""
    remaining = iter(items)
    while chunk := list(islice(remaining, _BATCH)):
        yield chunk
