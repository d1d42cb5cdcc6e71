"""Tables of the contact directory.

A record is what one route of Allo says about somebody; a person is one or more records of different families. `keys`
leads from whatever can be searched (see `index`) to people, `words` from misspellings to the words that are in use.
"""

from sqlalchemy import BigInteger, Column, Connection, Float, ForeignKey, Index, Integer, Table, Text, text

from withallo_server.database import Schema, metadata

# Prefix scans compare by code point; PostgreSQL does so only in this collation.
_BYTES = Text().with_variant(Text(collation="C"), "postgresql")


def _account() -> Column[int]:
    return Column("account_id", Integer, ForeignKey("directory_accounts.id"), primary_key=True)


accounts = Table(
    "directory_accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", Text, nullable=False, unique=True),
    Column("next_person", BigInteger, nullable=False),
)

people = Table(
    "directory_people",
    metadata,
    _account(),
    Column("person", BigInteger, primary_key=True),
    Column("sort_name", _BYTES, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("last_activity", Float),
)
Index("directory_people_by_name", people.c.account_id, people.c.sort_name, people.c.person)

records = Table(
    "directory_records",
    metadata,
    _account(),
    Column("record_id", _BYTES, primary_key=True),
    Column("person", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("sweep", Integer, nullable=False),
    Column("data", Text, nullable=False),
)
Index("directory_records_by_person", records.c.account_id, records.c.person)

keys = Table(
    "directory_keys",
    metadata,
    _account(),
    Column("key", _BYTES, primary_key=True),
    Column("person", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)

words = Table(
    "directory_words",
    metadata,
    _account(),
    Column("key", _BYTES, primary_key=True),
    Column("word", _BYTES, primary_key=True),
    sqlite_with_rowid=False,
)

fills = Table(
    "directory_fills",
    metadata,
    _account(),
    Column("source", Text, primary_key=True),
    Column("sweep", Integer, nullable=False),
    Column("next_page", Integer, nullable=False),
    Column("total_pages", Integer),
    Column("finished_at", Float),
    Column("owner", Text),
    Column("owned_until", Float),
    Column("gap_sweep", Integer),
)


def _add_gap_sweep(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE directory_fills ADD COLUMN gap_sweep INTEGER"))


SCHEMA = Schema("directory", (accounts, people, records, keys, words, fills), (_add_gap_sweep,))
