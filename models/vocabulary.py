"""The closed vocabularies of the engine: each member is a word of docs/architecture.md, with its meaning."""

from enum import StrEnum


class Status(StrEnum):
    """Where a directive is in its life. Timeliness is never a status; it is derived."""

    REGISTERED = "registered"  # known, nobody leads it yet
    ASSIGNED = "assigned"  # an agency leads it and has not acknowledged
    IN_PROGRESS = "in_progress"  # acknowledged
    SUBMITTED = "submitted"  # a result waits for the office's review
    COMPLETED = "completed"  # a result was accepted
    DECLINED = "declined"  # the lead agency says that it is not theirs
    SUSPENDED = "suspended"  # the clocks stand still
    CANCELLED = "cancelled"  # withdrawn; counted apart and in no total

    @property
    def closed(self) -> bool:
        """Whether nothing more is owed: completed or cancelled."""
        return self in (Status.COMPLETED, Status.CANCELLED)


class Timeliness(StrEnum):
    """How a directive stands against its deadline, derived from deadline, calendar and clock."""

    NO_DEADLINE = "no_deadline"  # open, and nothing was set; counts as in time
    ON_TIME = "on_time"  # open, more than 3 working days left
    DUE_SOON = "due_soon"  # open, 3 working days or less left, the day itself included
    OVERDUE = "overdue"  # open, the due instant has passed
    COMPLETED_ON_TIME = "completed_on_time"  # judged by the accepted submission's instant
    COMPLETED_LATE = "completed_late"


class Urgency(StrEnum):
    """The urgency of a document (độ khẩn), which selects the policy."""

    NORMAL = "normal"  # Thường
    URGENT = "urgent"  # Khẩn
    VERY_URGENT = "very_urgent"  # Thượng khẩn
    FLASH = "flash"  # Hỏa tốc: counts in hours


class Qualifier(StrEnum):
    """How a deadline was worded."""

    BEFORE = "before"  # trước ngày D
    BY = "by"  # chậm nhất ngày D, đến ngày D, trong ngày D
    WITHIN = "within"  # trong N ngày làm việc, không quá N tháng kể từ ngày ban hành


class Role(StrEnum):
    """What a person may do in the engine, by the posts held."""

    SECRETARIAT = "secretariat"  # the Office: creates, monitors, reviews
    LEADER = "leader"  # chairman and vice-chairmen
    AGENCY = "agency"  # heads, deputies and officers of agencies
    INSPECTOR = "inspector"  # reads all, changes nothing
    ADMINISTRATOR = "administrator"  # keeps the directory; does not act for others


class Position(StrEnum):
    """A post, held by a person in an agency for a time. Audiences are resolved through posts."""

    CHAIRMAN = "chairman"
    VICE_CHAIRMAN = "vice_chairman"
    CHIEF_OF_OFFICE = "chief_of_office"
    DEPUTY_CHIEF_OF_OFFICE = "deputy_chief_of_office"
    MONITORING_OFFICER = "monitoring_officer"  # the Office's officer who follows a field
    CLERK = "clerk"  # văn thư: registers documents
    HEAD = "head"
    DEPUTY_HEAD = "deputy_head"
    OFFICER = "officer"  # receives the agency's routine reminders
    INSPECTOR = "inspector"
    ADMINISTRATOR = "administrator"


class Audience(StrEnum):
    """Who hears of a moment, as a position; resolved to people when the message is made."""

    MONITORING_OFFICER = "monitoring_officer"
    LEAD_OFFICERS = "lead_officers"
    LEAD_HEAD = "lead_head"
    COORDINATING_AGENCIES = "coordinating_agencies"
    CHIEF_OF_OFFICE = "chief_of_office"
    VICE_CHAIRMAN = "vice_chairman"  # the supervising leader in charge
    CHAIRMAN = "chairman"
    DECIDER = "decider"  # who decides on an extension


class Clock(StrEnum):
    """The clocks that a policy may list."""

    HANDOUT = "handout"
    ACKNOWLEDGEMENT = "acknowledgement"
    DEADLINE = "deadline"
    IMPOSED_DEADLINE = "imposed_deadline"
    SILENCE = "silence"
    REVIEW = "review"
    EXPLANATION = "explanation"
    EXTENSION = "extension"


class Grade(StrEnum):
    """How the office grades an accepted result."""

    EXCELLENT = "excellent"
    GOOD = "good"
    SATISFACTORY = "satisfactory"
    POOR = "poor"


class Opinion(StrEnum):
    """A coordinating agency's contribution."""

    AGREE = "agree"
    AGREE_WITH_COMMENTS = "agree_with_comments"
    DISAGREE = "disagree"
    NOTHING_TO_ADD = "nothing_to_add"


class Why(StrEnum):
    """Why a person hears: the audience he belongs to, or his part in what happened."""

    MONITORING_OFFICER = "monitoring_officer"
    LEAD_OFFICERS = "lead_officers"
    LEAD_HEAD = "lead_head"
    COORDINATING_AGENCIES = "coordinating_agencies"
    CHIEF_OF_OFFICE = "chief_of_office"
    VICE_CHAIRMAN = "vice_chairman"
    CHAIRMAN = "chairman"
    DECIDER = "decider"
    PREVIOUS_LEAD_AGENCY = "previous_lead_agency"  # led until now
    DEMANDED = "demanded"  # demanded the explanation that came, or that nobody owes any more
    ASKED_TO_CONTRIBUTE = "asked_to_contribute"  # is waited for by the lead agency
    PREVIOUS_COORDINATING_AGENCY = "previous_coordinating_agency"  # coordinated until now
