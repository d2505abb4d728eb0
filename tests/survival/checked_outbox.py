"""Is each message owed once, delivered once, and about something that is in the ledger?"""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from checked_files import Evidence, Fault, Row
from checked_life import MOMENT


def check_notices(evidence: Evidence) -> Iterator[Fault]:
    """Each person once for each act and once for what fell due together; nobody about what never happened."""
    rows = {(row.directive, row.seq): row for life in evidence.lives.values() for row in life}
    heard: dict[tuple[str, int], list[str]] = {}
    for notice in evidence.notices:
        place = (str(notice["directive"]), int(notice["seq"]))
        heard.setdefault(place, []).append(str(notice["recipient"]))
        row = rows.get(place)
        kind = "moment" if row is not None and row.kind == MOMENT else (row.kind if row else None)
        if notice["kind"] != kind:
            seen = f"{notice['recipient']} hears of {notice['kind']}; row {place[1]} is {kind}"
            yield Fault("notice_of_nothing", place[0], seen)
    for (code, seq), people in heard.items():
        for person, times in Counter(people).items():
            if times > 1:
                yield Fault("notice_doubled", code, f"{person} hears {times} times of row {seq}")
    for life in evidence.lives.values():
        for group in _together(life):
            yield from _owed(group, heard)


def _together(life: list[Row]) -> Iterator[list[Row]]:
    """What made one message: the moments told at one instant, or the rows of one command."""
    for _key, group in groupby(life, key=lambda row: (row.kind == MOMENT, row.command_id, row.at)):
        yield list(group)


def _owed(group: list[Row], heard: dict[tuple[str, int], list[str]]) -> Iterator[Fault]:
    last = group[-1]
    for row in group[:-1]:
        if heard.get((row.directive, row.seq)):
            yield Fault("notice_doubled", row.directive, f"row {row.seq} is told apart from row {last.seq}")
    people = set(heard.get((last.directive, last.seq), []))
    if last.kind != MOMENT:
        if not people and last.kind != "moved_in":
            yield Fault("notice_missing", last.directive, f"nobody hears of row {last.seq}, {last.kind}")
        return
    named = {str(one["person"]) for row in group for one in row.content.get("recipients", ())}
    if named != people:
        seen = f"of row {last.seq} hear {sorted(people)}; named are {sorted(named)}"
        yield Fault("notice_missing" if named - people else "notice_of_nothing", last.directive, seen)


def check_deliveries(evidence: Evidence, *, mails_complete: bool) -> Iterator[Fault]:
    """Each notice has one e-mail at most under way, each mail left once under one id.

    Args:
        mails_complete: every mail on disk must stand in the database; not so after an older backup.
    """
    notices = {notice["id"] for notice in evidence.notices}
    mails = {mail["id"]: mail for mail in evidence.mails}
    of_notice = Counter((delivery["notice"], delivery["channel"]) for delivery in evidence.deliveries)
    for (notice, channel), times in of_notice.items():
        if times > 1:
            yield Fault("delivery_doubled", f"notice {notice}", f"{times} times by {channel}")
    for notice in notices - {notice for notice, channel in of_notice if channel == "email"}:
        yield Fault("delivery_missing", f"notice {notice}", "it leaves by no e-mail")
    for delivery in evidence.deliveries:
        if delivery["notice"] not in notices:
            yield Fault("delivery_of_nothing", f"delivery {delivery['id']}", f"notice {delivery['notice']} is none")
        waits = delivery["state"] in ("pending", "restored", "dropped")
        if delivery["state"] != "parked" and (delivery["mail"] is None) != waits:
            seen = f"it is {delivery['state']} with mail {delivery['mail']}"
            yield Fault("delivery_torn", f"delivery {delivery['id']}", seen)
        elif delivery["mail"] is not None and delivery["mail"] not in mails:
            yield Fault("delivery_torn", f"delivery {delivery['id']}", f"mail {delivery['mail']} is none")
    yield from _mails(evidence, mails_complete=mails_complete)


def _mails(evidence: Evidence, *, mails_complete: bool) -> Iterator[Fault]:
    on_disk = Counter(evidence.mails_on_disk)
    known = Counter(str(mail["message_id"]).strip("<>") for mail in evidence.mails)
    for identity, times in on_disk.items():
        if times > 1:
            yield Fault("mail_doubled", identity, f"it left {times} times")
    for identity in evidence.mails_before:
        if mails_complete and identity.strip("<>") not in known:
            yield Fault("mail_of_nothing", identity, "it left, and the database does not know it")
    for identity, times in known.items():
        if times > 1:
            yield Fault("mail_doubled", identity, f"{times} mails bear this id")
    left = {identity.strip("<>") for identity in on_disk}
    for mail in evidence.mails:
        if mail["state"] == "sent" and str(mail["message_id"]).strip("<>") not in left:
            yield Fault("mail_missing", str(mail["message_id"]), "marked as sent, and it is not there")
