"""What goes on in the background is told truly: while it runs, when it ends, and after its process died."""

import time_machine
from builders import local
from office_fixture import Desk

from database.engine import reading
from services import operations
from services.operations import Kind, Operation, State


def begun(desk: Desk, name: str, person: str = "vanthu") -> bool:
    return operations.start(desk.office, name, Kind.IMPORT, person, f"{name}.xlsx", 2)


def seen(desk: Desk, person: str | None = None) -> list[Operation]:
    with reading(desk.office.engine) as connection:
        return operations.list_operations(connection, desk.office.now(), person=person)


def test_what_is_begun_twice_is_carried_out_once(desk: Desk) -> None:
    assert begun(desk, "one")
    assert not begun(desk, "one")


def test_what_failed_can_be_begun_again_and_what_is_done_cannot(desk: Desk) -> None:
    begun(desk, "one")
    operations.finish(desk.office, "one", State.FAILED, {"done": 1})
    assert begun(desk, "one")
    operations.finish(desk.office, "one", State.DONE, {"accepted": 1})
    assert not begun(desk, "one")
    assert [(one.state, one.figures) for one in seen(desk)] == [(State.DONE, {"accepted": 1})]


def test_what_is_not_heard_of_any_more_was_interrupted_and_can_be_begun_again(desk: Desk) -> None:
    with time_machine.travel(local("Wed 2026-03-04 10:00"), tick=False) as clock:
        desk.time_is("Wed 2026-03-04 10:00")
        begun(desk, "one")
        operations.note(desk.office, "one", 1)
        assert [(one.state, one.done) for one in seen(desk)] == [(State.RUNNING, 1)]

        clock.shift(operations.SILENCE.total_seconds() + 1)

        assert [(one.state, one.done) for one in seen(desk)] == [(State.INTERRUPTED, 1)]
        assert begun(desk, "one")
        assert [(one.state, one.done) for one in seen(desk)] == [(State.RUNNING, 0)]


def test_the_list_is_of_all_or_of_one_person_and_the_newest_stands_first(desk: Desk) -> None:
    with time_machine.travel(local("Wed 2026-03-04 10:00"), tick=False) as clock:
        begun(desk, "one")
        clock.shift(1)
        begun(desk, "two", "chanhvanphong")

        assert [one.id for one in seen(desk)] == ["two", "one"]
        assert [one.id for one in seen(desk, "vanthu")] == ["one"]
