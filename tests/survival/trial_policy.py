"""The policy of the trials: moments that fall due within seconds, the same table for the engine and for the judge."""

from pathlib import Path

import yaml
from checker import Rule, Step

AFTERNOON = "2026-11-25T13:35:00+07:00"
"""A Wednesday, five minutes after work begins again: for three hours and more an hour of work is an hour."""

WORKING = frozenset({"assigned", "in_progress"})
LIVING = frozenset({"registered", "assigned", "in_progress", "submitted", "declined"})

RULES = (
    Rule("handout", frozenset({"registered", "declined"}), (Step(0.0035), Step(0.02, every=0.03))),
    Rule("acknowledgement", frozenset({"assigned"}), (Step(0.004), Step(0.009), Step(0.02, every=0.03))),
    Rule("silence", frozenset({"in_progress"}), (Step(0.0045), Step(0.025, every=0.04))),
    Rule("review", frozenset({"submitted"}), (Step(0.003), Step(0.02, every=0.05))),
    Rule("explanation", LIVING, (Step(0.003), Step(0.008))),
    Rule("extension", LIVING, (Step(0.0025), Step(0.006))),
    Rule("deadline", WORKING, (Step(-0.006), Step(0.0), Step(0.003), Step(0.03, every=0.04))),
)
"""Hours from the clock's anchor: 0.001 is 3.6 seconds."""

ONE_MOMENT = (Rule("deadline", WORKING, (Step(0.0),)),)
"""Nothing is ever said but the deadline itself: for a storm in one second."""

HOURS_LATER = (
    Rule("handout", frozenset({"registered", "declined"}), (Step(1.2), Step(2.2))),
    Rule("acknowledgement", frozenset({"assigned"}), (Step(1.0), Step(2.0))),
    Rule("silence", frozenset({"in_progress"}), (Step(1.5), Step(2.4))),
    Rule("review", frozenset({"submitted"}), (Step(1.3),)),
    Rule("explanation", LIVING, (Step(1.1),)),
    Rule("extension", LIVING, (Step(1.05),)),
    Rule("deadline", WORKING, (Step(-0.5), Step(0.0))),
)
"""Every clock runs and nothing falls due during a trial but near deadlines: the next moments can be compared."""

HEARERS = {
    "handout": ["monitoring_officer"],
    "acknowledgement": ["lead_officers", "lead_head"],
    "silence": ["lead_officers"],
    "review": ["monitoring_officer"],
    "explanation": ["lead_head", "chief_of_office"],
    "extension": ["decider"],
    "deadline": ["lead_officers", "lead_head", "coordinating_agencies"],
}


def write_policy_file(file: Path, rules: tuple[Rule, ...]) -> Path:
    """Write the rules as the policy file that `dondoc policy activate` takes."""
    clocks = {
        rule.clock: {
            "while": sorted(rule.states),
            "steps": [
                {
                    "hours": step.hours,
                    "to": HEARERS[rule.clock],
                    "at_once": True,
                    **({"level": 1} if rule.clock == "deadline" and step.hours > 0 else {}),
                    **({"then_every": step.every} if step.every else {}),
                }
                for step in rule.steps
            ],
        }
        for rule in rules
    }
    policy = {"name": "Thang của cuộc thử", "ladders": {"normal": {"clocks": clocks}}}
    file.write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    return file
