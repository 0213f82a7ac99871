"""The file of a simulator's state: what is written stays, and what cannot be a state is refused in plain words."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest

from lpresearch.base.errors import StoreCorrupt, StoreError, StoreLocked
from lpresearch.sim.state_file import MIGRATIONS, StateFile


def reopened(path: Path) -> list[tuple[str, object]]:
    """What a file holds."""
    file = StateFile(path)
    try:
        return file.read()
    finally:
        file.close()


def test_records_come_back_in_the_order_of_their_first_writing(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "new" / "folder" / "a.state")
    file.write([("b", {"x": [1, None]}), ("a", "é"), ("c", 3)])
    file.write([("b", 1.5), ("a", None)])
    file.write([("a", "again")])
    file.close()
    assert reopened(file.path) == [("b", 1.5), ("c", 3), ("a", "again")]


def test_what_was_written_is_there_though_the_file_was_never_closed(tmp_path: Path) -> None:
    """A copy of the files of the moment is what the next process finds after kill -9."""
    file = StateFile(tmp_path / "a.state")
    for number in range(50):
        file.write([(f"order/{number}", {"status": "New"}), ("cash", number)])
        for name in ("a.state", "a.state-wal"):
            (tmp_path / f"copy-{name}").write_bytes((tmp_path / name).read_bytes())
        (tmp_path / "copy-a.state-wal").rename(tmp_path / "copy.state-wal")
        (tmp_path / "copy-a.state").rename(tmp_path / "copy.state")
        assert dict(reopened(tmp_path / "copy.state"))["cash"] == number
    file.close()


def test_a_write_that_fails_keeps_nothing_of_it(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "a.state")
    file.write([("a", 1)])
    with pytest.raises(StoreError, match=r"a\.state"):
        file.write([("a", 2), (object(), 3)])  # type: ignore[list-item]  # SQLite has no such key
    file.close()
    assert reopened(file.path) == [("a", 1)]


def test_a_second_simulator_is_refused_while_the_first_has_it_open(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    first = StateFile(path)
    with pytest.raises(StoreLocked, match=r"a\.state: another simulator has it open\. End that one"):
        StateFile(path)
    first.close()
    assert reopened(path) == []


def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    StateFile(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE versions SET version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=rf"version 99 .* knows {len(MIGRATIONS)}\)\. Update lpresearch"):
        StateFile(path)
    assert path.read_bytes() == before


def test_a_file_without_a_table_yet_is_brought_to_this_version(tmp_path: Path) -> None:
    (tmp_path / "a.state").touch()
    assert reopened(tmp_path / "a.state") == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"timestamp,open,high,low,close\n" * 100, "no state of a simulator"),
        (b"SQLite format 3\x00" + bytes(range(256)) * 40, "damaged"),
    ],
)
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.state"
    path.write_bytes(content)
    with pytest.raises(StoreCorrupt, match=rf"a\.state: .*{words}.*Name another file"):
        StateFile(path)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreCorrupt, match="a file of another program"):
        StateFile(path)
    assert path.read_bytes() == before


def test_damage_in_the_middle_of_a_state_is_found_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    file = StateFile(path)
    file.write([(f"order/{number}", "x" * 500) for number in range(200)])
    file.close()
    content = bytearray(path.read_bytes())
    content[40_000:48_000] = b"\xa5" * 8000
    path.write_bytes(content)
    with pytest.raises(StoreCorrupt, match=r"a\.state"):
        StateFile(path)


def test_a_record_that_is_no_json_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    StateFile(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO records VALUES ('cash', '{')")
    connection.close()
    with pytest.raises(StoreCorrupt, match="a record is not readable"):
        reopened(path)


def test_a_folder_or_a_place_below_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"it is a folder, not a file\. Name a file in it"):
        StateFile(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"a\.state: it cannot be used: .*Name a file that can be written"):
        StateFile(tmp_path / "file" / "a.state")


def test_a_file_that_may_only_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions do not bind whoever runs the tests as root."""

    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(StoreError, match=r"a\.state: it cannot be used: Permission denied\. Name a file that can be"):
        StateFile(tmp_path / "a.state")


def test_a_file_that_was_taken_away_is_told_at_the_next_write(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "a.state")
    file.path.unlink()
    with pytest.raises(StoreError, match=r"a\.state: it cannot be used"):
        file.write([("a", 1)])
    file.path.touch()
    with pytest.raises(StoreError, match="replaced while in use"):
        file.write([("a", 1)])
    file.close()
