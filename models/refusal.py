"""Why an act is refused: a code, its data, and (in documents/sentences.py) a sentence for people."""

from enum import StrEnum


class Code(StrEnum):
    """Every reason for which the engine refuses a command. Each has one sentence in documents/sentences.py."""

    NOT_ALLOWED = "not_allowed"  # this role may not do this at all
    NOT_LEAD_AGENCY = "not_lead_agency"  # only the lead agency may
    NOT_CONCERNED = "not_concerned"  # neither leads, coordinates, reviews nor supervises
    NOT_COORDINATING_AGENCY = "not_coordinating_agency"  # only a coordinating agency may
    OWN_AGENCY = "own_agency"  # nobody decides on a request or result of his own agency (RULES 20)
    WRONG_STATE = "wrong_state"  # the act does not fit the directive's status
    ALREADY_REGISTERED = "already_registered"  # the code is taken
    NOT_FOUND = "not_found"  # no such directive
    REASON_REQUIRED = "reason_required"
    TEXT_REQUIRED = "text_required"
    CITATION_REQUIRED = "citation_required"  # the secretariat decides only by citing the leader's decision
    DEADLINE_REQUIRED = "deadline_required"
    DEADLINE_IN_PAST = "deadline_in_past"
    DEADLINE_NOT_LATER = "deadline_not_later"  # an extension that does not extend
    DEADLINE_BEFORE_DOCUMENT = "deadline_before_document"
    NO_DEADLINE = "no_deadline"  # nothing that could be extended
    NO_LEAD_AGENCY = "no_lead_agency"
    SAME_AGENCY = "same_agency"  # it leads already
    EXTENSION_PENDING = "extension_pending"
    NO_EXTENSION_PENDING = "no_extension_pending"
    EXPLANATION_PENDING = "explanation_pending"
    NO_EXPLANATION_PENDING = "no_explanation_pending"
    NOTHING_TO_AMEND = "nothing_to_amend"
    LEAD_COORDINATES = "lead_coordinates"  # the lead agency cannot coordinate as well
    CHANGED_MEANWHILE = "changed_meanwhile"  # somebody else acted since the person looked
    ID_TAKEN = "id_taken"  # the id of this command already stands for another one
    UNKNOWN_AGENCY = "unknown_agency"
    UNKNOWN_PERSON = "unknown_person"
    NOT_DEPUTY = "not_deputy"  # acts on behalf of somebody whose deputy he is not
    NO_POSSIBLE_DEPUTY = "no_possible_deputy"  # one chooses a deputy only among one's own agency
    STATE_SECRET = "state_secret"  # noqa: S105 - the marking of a document, not a password of ours
    BAD_DATE = "bad_date"
    MISSING = "missing"
    TOO_LONG = "too_long"
    DUPLICATE = "duplicate"
    BAD_CODE = "bad_code"  # a directive's code has a letter that no code has
    UNKNOWN_FIELD = "unknown_field"  # no such field (lĩnh vực)
    UNKNOWN_URGENCY = "unknown_urgency"
    UNKNOWN_COMMAND = "unknown_command"
    UNKNOWN_VALUE = "unknown_value"  # a word that is none of a closed list
    WEAK_PASSWORD = "weak_password"  # noqa: S105 - a reason, not a password
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - nor this; also for a name that nobody has
    WRONG_CODE = "wrong_code"  # of the second factor: wrong, too old, or used already
    TOO_MANY_TRIES = "too_many_tries"  # wrong passwords; the next one is taken later
    NO_ACCOUNT = "no_account"  # this person cannot sign in with a password
    NO_SECOND_FACTOR = "no_second_factor"  # there is none to take off
    TOO_MANY_FILES = "too_many_files"  # with one act
    FILE_TOO_LARGE = "file_too_large"
    FILE_TYPE = "file_type"  # none of the kinds that are taken, or its name says another kind
    FILE_INFECTED = "file_infected"  # the office's scanner refused it, or could not be asked
    NO_SUCH_FILE = "no_such_file"
    SINGLE_SIGN_ON_AWAY = "single_sign_on_away"  # it does not answer, or not as OpenID Connect has it
    SINGLE_SIGN_ON_FAILED = "single_sign_on_failed"  # what came back does not prove who it is
    SINGLE_SIGN_ON_UNKNOWN = "single_sign_on_unknown"  # the directory has nobody whom it names
    SINGLE_SIGN_ON_AGENCY = "single_sign_on_agency"  # he holds no post in the agency that it names
    UNREADABLE = "unreadable"  # input that does not have the shape of the command


class Refused(Exception):
    """An act is refused and nothing changes.

    Attributes:
        code: why.
        data: what the sentence names, as text.
    """

    def __init__(self, code: Code, **data: object) -> None:
        super().__init__(code.value)
        self.code = code
        self.data: dict[str, str] = {key: "" if value is None else str(value) for key, value in data.items()}
