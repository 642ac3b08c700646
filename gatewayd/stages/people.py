"""Who an address is: a unit that may ask, a person who decides. Addresses are compared exactly, without case."""

from gatewayd.config import Person, Settings, Unit
from gatewayd.core.approval import OPERATOR


def unit_of(settings: Settings, address: str) -> Unit | None:
    """The unit that `address` speaks for."""
    for unit in settings.units:
        if address.lower() in (sender.lower() for sender in unit.senders):
            return unit
    return None


def person_of(settings: Settings, address: str) -> Person | None:
    """The person behind `address`, by any of his addresses."""
    for person in settings.people:
        if address.lower() in (own.lower() for own in person.addresses):
            return person
    return None


def person_by_id(settings: Settings, person: str) -> Person | None:
    return next((known for known in settings.people if known.id == person), None)


def person_of_os_user(settings: Settings, user: str) -> Person | None:
    return next((known for known in settings.people if known.os_user and known.os_user == user), None)


def shown_step(settings: Settings, step: int, person: str) -> str:
    """The name of a step on a decision of `person`: "Plt. Ka. UPSI" where he stands in for its people."""
    steps = settings.approval.steps
    if step >= len(steps):
        return ""
    own = person in steps[step].people or person.startswith(OPERATOR)
    return steps[step].name if own else f"Plt. {steps[step].name}"


def shown_name(settings: Settings, person: str) -> str:
    """How a decider is named to people: his name, or the operator's user name as it is recorded."""
    known = person_by_id(settings, person)
    return person if known is None else known.name
