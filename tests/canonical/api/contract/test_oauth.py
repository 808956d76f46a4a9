"""Tokens: who gets one, what it may do, and what a refusal looks like."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken

from canonical import access
from canonical.models import Credential, System, User
from tests.canonical.api.conftest import token

pytestmark = pytest.mark.django_db
URL = "/oauth/token/"
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def issued() -> access.IssuedCredential:
    crm = System.objects.create(code="crm", name="CRM")
    return access.issue_credential(crm, ["ingest", "read"])


def ask(issued: access.IssuedCredential, **fields: str) -> Any:
    pair = f"{issued.credential.client_id}:{issued.client_secret}".encode()
    basic = f"Basic {base64.b64encode(pair).decode()}"
    return Client().post(URL, GRANT | fields, headers={"Authorization": basic})


def test_a_credential_gets_a_token_for_all_or_some_of_its_scopes(
    issued: access.IssuedCredential,
) -> None:
    answer = ask(issued)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert answer.json()["token_type"] == "Bearer"
    assert set(answer.json()["scope"].split()) == {"ingest", "read"}
    assert ask(issued, scope="read").json()["scope"] == "read"


def test_a_scope_it_does_not_have_is_refused(issued: access.IssuedCredential) -> None:
    answer = ask(issued, scope="admin")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_a_refusal_is_oauth_and_problem_at_once(issued: access.IssuedCredential) -> None:
    answer = Client().post(URL, GRANT | {"client_id": "x", "client_secret": "y"})
    body = answer.json()
    assert answer["Content-Type"] == "application/json"
    assert (answer.status_code, body["status"], body["error"]) == (401, 401, "invalid_client")
    assert body["type"].endswith("/problems/unauthenticated/")
    assert body["correlation_id"] == answer["X-Correlation-ID"]


@pytest.mark.parametrize(
    "fields",
    [{}, {"grant_type": "password", "username": "a", "password": "b"}, GRANT, {"x": "\x00"},
     GRANT | {"client_id": "\x00", "client_secret": "\x00"}, GRANT | {"client_id": "é" * 500}],
    ids=str,
)  # fmt: skip
def test_anything_else_is_refused_and_never_an_error(fields: dict[str, str]) -> None:
    answer = Client().post(URL, fields)
    assert answer.status_code in {400, 401}
    assert answer.json()["error"]


@pytest.mark.parametrize("header", ["Basic", "Basic ???", "Basic /////w==", "Basic YWFh", "\xff"])
def test_a_broken_header_is_refused(header: str) -> None:
    answer = Client().post(URL, GRANT, headers={"Authorization": header})
    assert answer.status_code in {400, 401}


def test_parameters_in_the_address_and_other_methods_are_refused() -> None:
    assert Client().post(f"{URL}?client_secret=x&%zz", GRANT).status_code == 400
    answer = Client().get(URL)
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")


def test_secrets_and_tokens_are_stored_as_digests(issued: access.IssuedCredential) -> None:
    value = token(issued)
    kept = json.dumps([list(Credential.objects.values()), list(AccessToken.objects.values())],
                      default=str)  # fmt: skip
    assert value not in kept
    assert issued.client_secret not in kept


def test_a_rotated_secret_stays_good_until_its_time(issued: access.IssuedCredential) -> None:
    out = StringIO()
    call_command("rotate_credential", issued.credential.client_id, stdout=out)
    assert ask(issued).status_code == 200
    renewed = access.IssuedCredential(
        issued.credential, json.loads(out.getvalue())["client_secret"]
    )
    assert ask(renewed).status_code == 200
    Credential.objects.update(previous_secret_until=timezone.now() - timedelta(seconds=1))
    assert ask(issued).status_code == 401
    assert ask(renewed).status_code == 200


def principal_of(value: str) -> access.Principal:
    from rest_framework.request import Request
    from rest_framework.test import APIRequestFactory

    from canonical.api.contract.authentication import BearerAuthentication

    raw = APIRequestFactory().get("/", headers={"Authorization": f"Bearer {value}"})
    found = BearerAuthentication().authenticate(Request(raw))
    assert found is not None
    return found[1]


def test_a_token_never_does_more_than_its_credential_by_now(
    issued: access.IssuedCredential,
) -> None:
    value = token(issued)
    principal = principal_of(value)
    assert principal.system == "crm"
    assert principal.scopes == {"ingest", "read"}
    assert (principal.reaches("crm"), principal.reaches("erp")) == (True, False)
    Credential.objects.update(scopes=["read"])
    assert principal_of(value).scopes == {"read"}


@pytest.mark.parametrize("ended", ["expired", "revoked", "inactive"])
def test_a_token_ends(issued: access.IssuedCredential, ended: str) -> None:
    value = token(issued)
    if ended == "expired":
        AccessToken.objects.update(expires=timezone.now())
    elif ended == "revoked":
        AccessToken.objects.all().delete()
    else:
        Credential.objects.update(active=False)
    answer = Client().get("/api/probe/systems", headers={"Authorization": f"Bearer {value}"})
    assert answer.status_code == 401


def test_people_do_what_their_permissions_say() -> None:
    user = User.objects.create_user("erika", is_staff=True)
    assert access.of_user(user).scopes == {"read"}
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["scope_steward", "view_restricted"])
    )
    principal = access.of_user(User.objects.get(pk=user.pk))
    assert principal.scopes == {"read", "steward"}
    assert principal.sees_restricted
    assert not access.of_user(User.objects.create_user("guest")).scopes


def test_the_console_session_needs_the_csrf_token_to_write() -> None:
    user = User.objects.create_superuser("admin")
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(user)
    assert client.get("/api/probe/systems").status_code == 200
    answer = client.post("/api/probe/systems", {"code": "x"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_commands_make_systems_and_credentials() -> None:
    call_command("create_system", "erp", "--name", "The ERP", "--kind", "erp", stdout=StringIO())
    out = StringIO()
    call_command("create_credential", "erp", "--scope", "ingest", "--scope", "read", stdout=out)
    made = json.loads(out.getvalue())
    credential = Credential.objects.get(client_id=made["client_id"])
    assert (credential.system_id, credential.scopes) == ("erp", ["ingest", "read"])
    assert ask(access.IssuedCredential(credential, made["client_secret"])).status_code == 200


def test_commands_refuse_in_words() -> None:
    with pytest.raises(CommandError, match="no system 'nope'"):
        call_command("create_credential", "nope", "--scope", "read")
    with pytest.raises(CommandError, match="valid"):
        call_command("create_system", "a b/c")
