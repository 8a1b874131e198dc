"""What nobody says to a customer, by kind of moment (DOMAIN 5.2: never obstruct, hide or delay a porting)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ALWAYS = (_("“You have to take it today.”"), _("“Everybody takes this.”"))
BY_KIND = {
    "C1": (_("“Without a renewal your number stops.”"),),
    "C2": (
        _("“You cannot leave.”"),
        _("“The company does not allow porting.”"),
        _("“Your code will be blocked.”"),
        _("“Are you using another operator?”"),
    ),
    "C3": (_("“Cancelling is not possible.”"), _("“You would lose your number at once.”")),
    "C7": (_("“Are you using another operator?”"),),
    "C8": (_("“That is not our department.”"),),
    "A9": (_("“That is not our department.”"),),
}


def forbidden(kind_code: str) -> list[str]:
    """Return the phrases that must not be said in a task of this kind, in the reader's language."""
    return [str(phrase) for phrase in (*BY_KIND.get(kind_code, ()), *ALWAYS)]
