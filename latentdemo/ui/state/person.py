"""Who is signed in, and what they may do; where nobody is asked to sign in, everybody may do everything.

Sign-in is Streamlit's, by OpenID Connect. It is on where `.streamlit/secrets.toml` has a section `[auth]`; what may be
settled beside it stands in `[latentdemo.sign_in]`, see `SignIn`. What a provider says of somebody, their claims,
becomes a `Person` here and nowhere else.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import streamlit as st

from latentdemo.errors import SignInError
from latentdemo.ui.i18n.words import N_, _
from latentdemo.ui.state.link import show_notice

if TYPE_CHECKING:
    from pydantic import TypeAdapter

COOKIE = "_streamlit_user"  # in which Streamlit keeps what the provider said, signed
CALLBACK = "/oauth2callback"  # where Streamlit awaits who comes back from a provider
SHORTEST_SECRET = 14  # characters; a key of fewer than 112 bits can be guessed
LONGEST_NAME = 100  # characters of a name that are shown and kept
TOKEN_BYTES = 16  # of what opens somebody's reviews, see `latentdemo.reviews.tokens`

logger = logging.getLogger(__name__)


class Role(IntEnum):
    """What somebody may do: each may all that those before it may."""

    VIEWER = 1  # look at everything, and bring a model for themselves
    PRESENTER = 2  # begin and lead reviews, and measure
    ADMIN = 3  # share models with everyone, where the demo shares them at all

    @property
    def title(self) -> str:
        """The role in the session's language."""
        return _({Role.VIEWER: N_("Viewer"), Role.PRESENTER: N_("Presenter"), Role.ADMIN: N_("Administrator")}[self])


@dataclass(frozen=True)
class SignIn:
    """The settings of sign-in.

    Attributes:
        claim: names of the claims that roles are read from; one within another is named with a dot between.
        viewer, presenter, admin: values of these claims that give the role; the highest one counts.
        otherwise: the role of who has none of these values; "none" lets them not in.
        hours: that a sign-in lasts.
        review_secret: what presenters find their reviews by; empty takes the `cookie_secret` of `[auth]`.
    """

    claim: str | tuple[str, ...] = ("roles", "groups")
    viewer: tuple[str, ...] = ("viewer",)
    presenter: tuple[str, ...] = ("presenter",)
    admin: tuple[str, ...] = ("admin",)
    otherwise: Literal["viewer", "presenter", "admin", "none"] = "viewer"
    hours: float = 12.0
    review_secret: str = ""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    def __post_init__(self) -> None:
        if not self.hours > 0:
            raise ValueError("hours must be more than 0")


@dataclass(frozen=True)
class Person:
    """Somebody who is here.

    Attributes:
        account: provider and subject, which no two people share; empty where nobody is asked to sign in.
        name: as the provider has it.
        role: what they may do.
    """

    account: str
    name: str
    role: Role


ANYBODY = Person("", "", Role.ADMIN)


def here() -> Person:
    """Who is here; raises SignInError, which says why, where nobody is who may be."""
    if not sign_in_is_on():
        return ANYBODY
    clients, settings = providers(), sign_in_settings()
    claims = st.user.to_dict()
    if not claims.get("is_logged_in") and brings_sign_in():
        raise SignInError("foreign")
    return person_of(claims, clients, settings, time.time())


def brings_sign_in() -> bool:
    """Whether this browser brings a sign-in, which Streamlit may not have been able to read."""
    return COOKIE in st.context.cookies


def may(role: Role) -> bool:
    """Whether who is here may do what takes a role."""
    try:
        return here().role >= role
    except SignInError:
        return False


def allowed(role: Role) -> bool:
    """The guard of an action: whether who is here may do what takes a role; where they may not, the page says so."""
    try:
        check(here(), role)
    except SignInError as error:
        show_notice(error.in_words(_))
        return False
    return True


def check(person: Person, role: Role) -> None:
    """Raise SignInError where somebody may not do what takes a role."""
    if person.role < role:
        raise SignInError("admin" if role is Role.ADMIN else "presenter")


def person_of(claims: Mapping[str, Any], clients: Mapping[str, str], settings: SignIn, now: float) -> Person:
    """The person that claims are of.

    Args:
        claims: of an identity token that Streamlit has checked, with what it adds to them; empty for nobody.
        clients: name of a provider -> the id by which the demo is known there.
        settings: of sign-in.
        now: seconds since the epoch.

    Raises:
        SignInError: they are nobody's, were made for somebody else than this demo, are too old, or give no role.
    """
    if not claims.get("is_logged_in"):
        raise SignInError("out")
    audience, issued = claims.get("aud"), claims.get("iat")
    client = clients.get(str(claims.get("provider", "")))
    if client is None or client not in (audience if isinstance(audience, list) else [audience]):
        raise SignInError("foreign")
    if not (claims.get("iss") and claims.get("sub") and isinstance(issued, int | float)):
        raise SignInError("foreign")
    if now >= issued + 3600 * settings.hours:
        raise SignInError("expired")
    role = role_of(claims, settings)
    if role is None:
        raise SignInError("role")
    names = (claims.get(claim) for claim in ("name", "preferred_username", "email", "sub"))
    name = next(str(each) for each in names if each)[:LONGEST_NAME]
    return Person(f"{claims['iss']} {claims['sub']}", name, role)


def role_of(claims: Mapping[str, Any], settings: SignIn) -> Role | None:
    """The highest role that claims give; None where they give none."""
    names = [settings.claim] if isinstance(settings.claim, str) else settings.claim
    held = {value for name in names for value in values_of(claims, name)}
    for role in sorted(Role, reverse=True):
        if held.intersection(getattr(settings, role.name.lower())):
            return role
    return None if settings.otherwise == "none" else Role[settings.otherwise.upper()]


def values_of(claims: Mapping[str, Any], name: str) -> list[str]:
    """The texts of a claim, by its name or by a path with dots; some providers have one text in place of a list."""
    found: Any = claims.get(name)
    if found is None and "." in name:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, str)]


def sign_in_is_on() -> bool:
    """Whether people are asked to sign in; raises SignInError where secrets are there that cannot be read, as nobody
    can tell then."""
    if st.secrets.load_if_toml_exists():
        return "auth" in st.secrets
    if any(Path(file).exists() for file in st.get_option("secrets.files")):
        raise not_set_up("the file of secrets cannot be read")
    return False


def providers() -> dict[str, str]:
    """Name of a provider -> the id by which the demo is known there; raises SignInError where something is missing."""
    auth = st.secrets["auth"]
    sections = {name: part for name, part in auth.items() if isinstance(part, Mapping) and name != "client_kwargs"}
    if "client_id" in auth:
        sections = {"default": auth} | sections
    missing = [name for name in ("redirect_uri", "cookie_secret") if not auth.get(name)]
    needed = ("client_id", "client_secret", "server_metadata_url")
    missing += [f"{key} of {name}" for name, part in sections.items() for key in needed if not part.get(key)]
    if missing or not sections:
        raise not_set_up(f"[auth] lacks {', '.join(missing) or 'a provider'}")
    if find_spec("authlib") is None:
        raise not_set_up("Authlib is not installed: pip install 'latentdemo[signin]'")
    if len(auth["cookie_secret"]) < SHORTEST_SECRET:
        raise not_set_up(f"cookie_secret is shorter than {SHORTEST_SECRET} characters")
    if not auth["redirect_uri"].endswith(CALLBACK):
        raise not_set_up(f"redirect_uri does not end with {CALLBACK}")
    return {name: part["client_id"] for name, part in sections.items()}


def sign_in_settings() -> SignIn:
    """What `[latentdemo.sign_in]` says; raises SignInError where that cannot be."""
    section = st.secrets.get("latentdemo", {}).get("sign_in", {})
    try:
        return adapter().validate_python(dict(section))
    except ValueError as error:
        raise not_set_up(f"[latentdemo.sign_in] cannot be used: {error}") from error


@cache
def adapter() -> TypeAdapter[SignIn]:
    """What checks the settings; only who is asked to sign in waits for its package."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - as above

    return TypeAdapter(SignIn)


def not_set_up(reason: str) -> SignInError:
    """What is raised where sign-in is not set up as it must be; the log says why."""
    logger.critical("nobody can sign in: %s; see docs/sign-in.md", reason)
    return SignInError("settings")


def review_token(person: Person) -> str:
    """What opens the reviews of somebody who is signed in, on whatever machine: 32 hexadecimal digits."""
    secret = sign_in_settings().review_secret or st.secrets["auth"]["cookie_secret"]
    return hmac.digest(secret.encode(), f"presenter {person.account}".encode(), hashlib.sha256)[:TOKEN_BYTES].hex()
