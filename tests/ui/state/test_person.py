"""From what a provider says of somebody to who they are and what they may do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from latentdemo.errors import SignInError
from latentdemo.ui.state.person import Person, Role, SignIn, check, person_of, role_of

NOW = 1_800_000_000
HOUR = 3600
CLIENTS = {"default": "demo"}
CLAIMS = {
    "is_logged_in": True,
    "provider": "default",
    "iss": "https://id.example",
    "aud": "demo",
    "sub": "7",
    "iat": NOW - HOUR,
    "name": "Ada",
}
USUAL = SignIn()


def person(settings: SignIn = USUAL, now: float = NOW, **claims: Any) -> Person:
    return person_of(CLAIMS | claims, CLIENTS, settings, now)


def refusal(settings: SignIn = USUAL, now: float = NOW, **claims: Any) -> str:
    with pytest.raises(SignInError) as raised:
        person(settings, now, **claims)
    return raised.value.reason


def test_a_person_has_account_name_and_role() -> None:
    assert person() == Person("https://id.example 7", "Ada", Role.VIEWER)
    assert person(name=None, preferred_username="", email="ada@example.com").name == "ada@example.com"
    assert person(name=None).name == "7"
    assert len(person(name="x" * 5000).name) == 100


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"is_logged_in": False}, "out"),
        ({"aud": "another"}, "foreign"),
        ({"aud": ["another"]}, "foreign"),
        ({"aud": None}, "foreign"),
        ({"provider": "another"}, "foreign"),
        ({"provider": None}, "foreign"),
        ({"iss": None}, "foreign"),
        ({"sub": ""}, "foreign"),
        ({"iat": None}, "foreign"),
        ({"iat": "now"}, "foreign"),
        ({"iat": NOW - 12 * HOUR}, "expired"),
    ],
)
def test_a_sign_in_that_does_not_count_says_why(claims: dict[str, Any], reason: str) -> None:
    assert refusal(**claims) == reason


def test_a_token_for_several_audiences_is_taken() -> None:
    assert person(aud=["another", "demo"]).name == "Ada"


def test_nobody_is_signed_in_who_brings_nothing() -> None:
    with pytest.raises(SignInError, match="Please sign in"):
        person_of({}, CLIENTS, USUAL, NOW)


def test_a_sign_in_lasts_as_long_as_is_set() -> None:
    assert person(SignIn(hours=2), now=NOW + HOUR - 1).name == "Ada"
    assert refusal(SignIn(hours=2), now=NOW + HOUR) == "expired"
    with pytest.raises(ValueError, match="more than 0"):
        SignIn(hours=0)


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({}, Role.VIEWER),
        ({"roles": []}, Role.VIEWER),
        ({"roles": "presenter"}, Role.PRESENTER),
        ({"roles": ["viewer", "presenter"]}, Role.PRESENTER),
        ({"groups": ["admin"], "roles": ["presenter"]}, Role.ADMIN),
        ({"roles": ["Presenter", "presenters", 3, None]}, Role.VIEWER),
        ({"roles": {"presenter": True}}, Role.VIEWER),
        ({"name": "admin", "email": "admin"}, Role.VIEWER),
    ],
)
def test_roles_come_from_claims(claims: dict[str, Any], role: Role) -> None:
    assert role_of(claims, USUAL) is role


def test_claim_and_values_are_settings() -> None:
    own = SignIn(claim="realm_access.roles", presenter=("stage", "sales"), admin=("ops",), otherwise="none")
    assert role_of({"realm_access": {"roles": ["sales"]}}, own) is Role.PRESENTER
    assert role_of({"realm_access": {"roles": ["ops", "sales"]}}, own) is Role.ADMIN
    assert role_of({"realm_access": {"roles": ["viewer"]}}, own) is Role.VIEWER
    assert role_of({"realm_access.roles": ["ops"]}, own) is Role.ADMIN
    assert role_of({"realm_access": "ops", "roles": ["ops"]}, own) is None
    assert refusal(own) == "role"
    assert role_of({"https://example.com/roles": ["admin"]}, replace(USUAL, claim="https://example.com/roles")) is (
        Role.ADMIN
    )


def test_each_role_may_what_those_before_it_may() -> None:
    for has in Role:
        for takes in Role:
            if has >= takes:
                check(Person("a", "Ada", has), takes)
            else:
                with pytest.raises(SignInError):
                    check(Person("a", "Ada", has), takes)
