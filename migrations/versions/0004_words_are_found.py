"""Words are found: the index over the terms of cases, which each database keeps in its own way."""

import sqlalchemy as sa
from alembic import op

from loopdesk.desk.search import terms

revision = "0004"
down_revision = "0003"

FTS = """
CREATE VIRTUAL TABLE searched_fts USING fts5(
  terms, content='searched', content_rowid='id', tokenize="unicode61 remove_diacritics 0 tokenchars '_'"
);
CREATE TRIGGER searched_added AFTER INSERT ON searched
BEGIN
  INSERT INTO searched_fts(rowid, terms) VALUES (new.id, new.terms);
END;
CREATE TRIGGER searched_gone AFTER DELETE ON searched
BEGIN
  INSERT INTO searched_fts(searched_fts, rowid, terms) VALUES ('delete', old.id, old.terms);
END;
CREATE TRIGGER searched_changed AFTER UPDATE ON searched
BEGIN
  INSERT INTO searched_fts(searched_fts, rowid, terms) VALUES ('delete', old.id, old.terms);
  INSERT INTO searched_fts(rowid, terms) VALUES (new.id, new.terms);
END;
"""
GIN = "CREATE INDEX searched_words ON searched USING gin (array_to_tsvector(string_to_array(terms, ' ')))"
BATCH = 1_000


def upgrade() -> None:
    """Index the terms, and find the cases that are there already."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in FTS.split(";\nCREATE"):
            op.execute(statement if "CREATE" in statement else f"CREATE{statement}")
    else:
        op.execute(GIN)
    _fill()


def _fill() -> None:
    conn = op.get_bind()
    known = sa.table("case_", *(sa.column(name) for name in ("number", "title", "description", "steps", "expected")))
    kept = sa.table("searched", sa.column("case"), sa.column("terms"))
    last = ""
    while rows := conn.execute(
        sa.select(known).where(known.c.number > last).order_by(known.c.number).limit(BATCH)
    ).all():
        found = [{"case": row.number, "terms": " ".join(terms("\n".join(row)))} for row in rows]
        conn.execute(sa.insert(kept), found)
        last = rows[-1].number


def downgrade() -> None:
    """Back to the schema before."""
    if op.get_bind().dialect.name == "sqlite":
        for name in ("searched_added", "searched_gone", "searched_changed"):
            op.execute(f"DROP TRIGGER {name}")
        op.execute("DROP TABLE searched_fts")
    else:
        op.execute("DROP INDEX searched_words")
