"""What the guardrails remember."""

from sqlalchemy import Column, Float, Integer, Table, Text

from withallo_server.database import Schema, metadata

opt_outs = Table(
    "opt_outs",
    metadata,
    Column("account", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("at", Float, nullable=False),
)

progress = Table(
    "opt_out_progress",
    metadata,
    Column("account", Text, primary_key=True),
    Column("sequence", Integer, nullable=False),
)

SCHEMA = Schema("guardrails", (opt_outs, progress))
