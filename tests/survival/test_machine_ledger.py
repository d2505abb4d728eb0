"""The ledger changed by a hand that first takes its guards away; and an anchor kept elsewhere, which sees the rest."""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import a_deadline
from machine_edits import EDITS, Editor
from office_fixture import Desk, run_dondoc

from database.engine import reading, writing
from database.ledger import append, read_rows
from models import commands as c
from models.events import MomentReached
from services.anchors import Anchor, AnchorRefused, compare, take_anchor
from services.office import Office
from services.reconciling import rebuild_snapshots
from services.verifying import Fault, verify
from shell import upkeep

EDITED = 200


@pytest.fixture(scope="module")
def lives(seeded_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Six directives with moments told, some acknowledged, submitted, accepted and commented on."""
    desk = Desk.copied(seeded_database, tmp_path_factory.mktemp("lives")).time_is("Mon 2026-03-30 10:00")
    for number in range(6):
        code = f"NV-{number}"
        lead = ("SYT", "STC", "SXD")[number % 3]
        desk.register(code, "2026-03-02 09:00", lead_agency=lead, deadline=a_deadline("2026-03-20"))
        if number % 2:
            desk.act(code, c.Acknowledge(), f"truong.{lead.lower()}", "2026-03-02 10:00")
        desk.tell(code, "2026-03-11 08:00")
        desk.tell(code, "2026-03-19 08:00")
        desk.act(code, c.Comment(text=f"Ý kiến {number}"), "chanhvanphong", "2026-03-19 09:00")
        if number in (1, 3):
            desk.act(code, c.Submit(result="Đã xong"), f"truong.{lead.lower()}", "2026-03-20 09:00")
        if number == 3:
            desk.act(code, c.Accept(), "chanhvanphong", "2026-03-23 09:00")
    yield desk
    desk.office.engine.dispose()


@pytest.fixture
def copied(lives: Desk, tmp_path: Path) -> Iterator[Desk]:
    """The same office once more, for a test to spoil."""
    desk = Desk.copied(database_of(lives), tmp_path / "copy")
    yield desk
    desk.office.engine.dispose()


def database_of(desk: Desk) -> Path:
    with writing(desk.office.engine):
        pass
    with desk.office.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return desk.data / "dondoc.db"


def test_the_lives_are_as_they_were_written(lives: Desk) -> None:
    found = verify(lives.office)

    assert found.broken == ()
    assert found.rows > 30


@pytest.mark.slow
def test_of_200_edits_by_hand_each_is_named_with_directive_and_row(lives: Desk, tmp_path: Path) -> None:
    original, dice = database_of(lives), random.Random(20261124)
    passed_over, made = [], Counter[str]()
    for number in range(EDITED):
        edit = EDITS[number % len(EDITS)]
        file = tmp_path / f"{number}.db"
        shutil.copy(original, file)
        editor = Editor(file, dice)
        expected = edit(editor)
        editor.close()
        office = Office.at(f"sqlite:///{file}")

        named = {(one.code, one.seq) for one in verify(office).broken}

        office.engine.dispose()
        file.unlink()
        made[edit.__name__] += 1
        if not named & expected:
            passed_over.append((number, edit.__name__, expected, named))
    assert passed_over == []
    assert sum(made.values()) == EDITED
    assert min(made.values()) >= 8


def test_a_tail_cut_together_with_its_snapshot_is_seen_by_an_anchor_kept_elsewhere(
    copied: Desk, tmp_path: Path
) -> None:
    anchor = tmp_path / "elsewhere" / "neo.json"
    anchor.parent.mkdir()
    assert run_dondoc(upkeep, copied.data, "verify", "--write-anchor", str(anchor)).code == 0
    copied.tamper("DELETE FROM ledger WHERE directive = 'NV-3' AND kind IN ('submitted', 'accepted')")
    rebuild_snapshots(copied.office)
    assert verify(copied.office).broken == ()

    told = run_dondoc(upkeep, copied.data, "verify", "--anchor", str(anchor), "--json")

    with reading(copied.office.engine) as connection:
        left = read_rows(connection, "NV-3")[-1].seq
    assert told.code == 1
    assert [(one["code"], one["seq"], one["fault"]) for one in told.json["broken"]] == [("NV-3", left + 1, "cut")]
    assert told.json["anchor"]["directives"] == 6


def test_a_directive_that_vanished_whole_is_seen_by_an_anchor(copied: Desk) -> None:
    anchor = take_anchor(copied.office)
    copied.tamper("DELETE FROM ledger WHERE directive = 'NV-2'", "DELETE FROM directive WHERE code = 'NV-2'")
    assert verify(copied.office).broken == ()

    (missing,) = compare(copied.office, anchor)

    assert (missing.code, missing.seq, missing.fault) == ("NV-2", 1, Fault.CUT)


def test_a_chain_written_anew_with_hashes_that_fit_is_seen_by_an_anchor(copied: Desk) -> None:
    """Whoever knows how a hash is made can forge a whole life; the head he cannot make the same."""
    anchor = take_anchor(copied.office)
    with reading(copied.office.engine) as connection:
        rows = read_rows(connection, "NV-1")
    copied.tamper("DELETE FROM ledger WHERE directive = 'NV-1'")
    with writing(copied.office.engine) as connection:
        forged, previous = [], ""
        for row in rows:
            changed = row.model_copy(update={"actor": "chutich"}) if row.event.kind == "commented" else row
            forged.append(changed.sealed(previous))
            previous = forged[-1].hash
        append(connection, forged)
    rebuild_snapshots(copied.office)
    assert verify(copied.office).broken == ()

    (missing,) = compare(copied.office, anchor)

    assert (missing.code, missing.seq, missing.fault) == ("NV-1", rows[-1].seq, Fault.REWRITTEN)


def test_what_is_recorded_after_the_anchor_is_no_difference(copied: Desk, tmp_path: Path) -> None:
    anchor = tmp_path / "neo.json"
    run_dondoc(upkeep, copied.data, "verify", "--write-anchor", str(anchor))
    copied.act("NV-0", c.Comment(text="Sau dấu neo"), "chanhvanphong", "2026-03-30 09:00")
    copied.register("NV-9", "2026-03-30 09:00")

    told = run_dondoc(upkeep, copied.data, "verify", "--anchor", str(anchor))

    assert told.code == 0, told.out
    assert "dòng đã neo lúc" in told.out.splitlines()[-1]


def test_an_anchor_is_the_same_for_the_same_ledger_and_its_hash_can_be_read_out(copied: Desk) -> None:
    one, two = take_anchor(copied.office), take_anchor(copied.office)

    assert one.heads == two.heads
    assert Anchor.from_text(one.to_text()) == one
    assert one.digest in one.to_text().splitlines()[0]
    assert len(one.to_text().splitlines()) == 2 + len(one.heads)


@pytest.mark.parametrize(
    ("before", "after"), [('"seq": ', '"seq": 1'), ("NV-1", "NV-7"), ("2026", "2027"), ('"heads"', '"tops"'), ("{", "")]
)
def test_an_anchor_that_was_changed_is_none(copied: Desk, tmp_path: Path, before: str, after: str) -> None:
    text = take_anchor(copied.office).to_text()
    file = tmp_path / "neo.json"
    file.write_text(text.replace(before, after, 1), encoding="utf-8")

    with pytest.raises(AnchorRefused):
        Anchor.from_text(file.read_text(encoding="utf-8"))
    told = run_dondoc(upkeep, copied.data, "verify", "--anchor", str(file))

    assert (told.code, told.out) == (1, "")
    assert told.err == f"{file} không phải là dấu neo, hoặc đã bị sửa sau khi ghi.\n"


def test_no_anchor_is_written_of_a_ledger_that_is_not_as_it_was_written(copied: Desk, tmp_path: Path) -> None:
    copied.tamper("UPDATE ledger SET actor = 'x' WHERE directive = 'NV-1' AND seq = 2")

    told = run_dondoc(upkeep, copied.data, "verify", "--write-anchor", str(tmp_path / "neo.json"))

    assert told.code == 1
    assert len(told.err.splitlines()) == 1
    assert not (tmp_path / "neo.json").exists()


def test_an_anchor_goes_through_a_pipe_to_wherever_it_is_kept(copied: Desk) -> None:
    told = run_dondoc(upkeep, copied.data, "verify", "--write-anchor", "-")

    assert Anchor.from_text(told.out).rows == verify(copied.office).rows


@pytest.mark.parametrize(
    "words", [("NV-1", "--anchor", "x"), ("--write-anchor", "x", "--anchor", "x"), ("--write-anchor", "x", "--json")]
)
def test_options_that_do_not_go_together_are_a_matter_of_usage(copied: Desk, words: tuple[str, ...]) -> None:
    assert run_dondoc(upkeep, copied.data, "verify", *words).code == 2


def test_a_moment_whose_key_was_taken_away_could_be_told_twice_and_is_named(copied: Desk) -> None:
    with reading(copied.office.engine) as connection:
        assert isinstance(read_rows(connection, "NV-0")[2].event, MomentReached)
    copied.tamper("UPDATE ledger SET moment = NULL WHERE directive = 'NV-0' AND seq = 3")

    (broken,) = verify(copied.office).broken

    assert (broken.code, broken.seq, broken.fault) == ("NV-0", 3, Fault.MOMENT)
