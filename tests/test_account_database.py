"""The shared SQLite file: transactions, migrations, and what a broken place gets."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from lpresearch.accounts.database import Database
from lpresearch.base.errors import StoreCorrupt, StoreError

TABLE = "CREATE TABLE units (name TEXT PRIMARY KEY, used INTEGER NOT NULL)"


def test_a_transaction_is_seen_by_another_opener(tmp_path: Path) -> None:
    first, second = (
        Database(tmp_path / "a.sqlite", [TABLE], subject="test"),
        Database(tmp_path / "a.sqlite", [TABLE], subject="test"),
    )
    with first.transaction() as connection:
        connection.execute("INSERT INTO units VALUES ('x', 1)")
    assert second.rows("SELECT * FROM units") == [("x", 1)]
    assert first.journal_mode == "wal"
    first.close()
    second.close()


def test_an_error_rolls_the_transaction_back(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.sqlite", [TABLE], subject="test")
    with pytest.raises(StoreError), database.transaction() as connection:
        connection.execute("INSERT INTO units VALUES ('x', 1)").execute("INSERT INTO units VALUES ('x', 2)")
    assert database.rows("SELECT * FROM units") == []
    database.close()


def test_threads_take_turns(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.sqlite", [TABLE, "INSERT INTO units VALUES ('x', 0)"], subject="test")

    def add() -> None:
        for _ in range(20):
            with database.transaction() as connection:
                (used,) = connection.execute("SELECT used FROM units").fetchone()
                connection.execute("UPDATE units SET used = ?", (used + 1,))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.rows("SELECT used FROM units") == [(80,)]
    database.close()


def test_an_older_file_is_brought_up_to_date_once(tmp_path: Path) -> None:
    Database(tmp_path / "a.sqlite", [TABLE], subject="test").close()
    for _ in range(2):
        database = Database(tmp_path / "a.sqlite", [TABLE, "INSERT INTO units VALUES ('new', 2)"], subject="test")
        assert database.rows("SELECT * FROM units") == [("new", 2)]
        database.close()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite").write_bytes(b"not a database at all, but long enough to be taken for one" * 20)
    with pytest.raises(StoreCorrupt, match=r"a\.sqlite"):
        Database(tmp_path / "a.sqlite", [TABLE], subject="test")


def test_a_place_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="file"):
        Database(tmp_path / "file" / "a.sqlite", [TABLE], subject="test")


def test_a_file_deleted_while_in_use_is_an_error_and_not_a_silent_loss(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.sqlite", [TABLE], subject="test")
    (tmp_path / "a.sqlite").unlink()
    with pytest.raises(StoreError, match="deleted"), database.transaction():
        pass
    database.close()


def test_a_read_only_file_is_an_error_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Database(tmp_path / "a.sqlite", [TABLE], subject="test").close()
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda path, **options: connect(f"file:{path}?mode=ro", uri=True, **options)
    )
    database = Database(tmp_path / "a.sqlite", [TABLE], subject="test")
    with pytest.raises(StoreError, match=r"a\.sqlite.*(readonly|read-only)"), database.transaction() as connection:
        connection.execute("INSERT INTO units VALUES ('x', 1)")
    database.close()
