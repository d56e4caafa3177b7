"""A small company: a record of every kind, made through the API, and a deleted one."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2
from tests.e2e.bad_input import valid
from tests.e2e.bad_input.document import Document, Operation

from chassis.tokens import Signer
from kernel.ids import uuid7
from rapport.testing import PASSWORD

OTHER: Final = "second.administrator@example.com"
GONE: Final = "gone.administrator@example.com"
TOKEN: Final = "token"

STAGES: Final = (
    {"name": "Begin", "is_default": True},
    {"name": "Won", "is_won": True, "probability": 100},
    {"name": "Lost", "is_lost": True, "probability": 0},
)
MAILBOX: Final = {"main": True, "secret": "a secret", "smtp": {"host": "127.0.0.1", "port": 2525}}

KINDS: Final[tuple[tuple[str, str, Mapping[str, Any]], ...]] = (
    ("department_id", "gateway/departments", {}),
    ("user_id", "gateway/users", {"roles": ["sales_manager"]}),
    ("team_id", "gateway/teams", {}),
    ("pipeline_id", "deals/pipelines", {}),
    ("stage_id", "deals/pipelines/{pipeline_id}/stages", STAGES[0]),
    ("reason_id", "deals/closing-reasons", {"outcome": "lost"}),
    ("product_id", "deals/products", {"price": {"amount": "5", "currency": "EUR"}}),
    ("deal_id", "deals/deals", {"amount": {"amount": "10", "currency": "EUR"}}),
    ("output_id", "deals/deals/{deal_id}/outputs", {"quantity": "1", "text": "Work"}),
    ("payment_id", "deals/deals/{deal_id}/payments", {"date": "2026-01-05"}),
    ("company_id", "intake/companies", {}),
    ("contact_id", "intake/contacts", {}),
    ("customer_id", "intake/customers", {}),
    ("status_id", "intake/lead-statuses", {}),
    ("source_id", "intake/lead-sources", {}),
    ("lead_id", "intake/leads", {"contact_name": "Ada Example"}),
    ("request_id", "intake/requests", {"first_name": "Ada", "email": "ada@firm.example"}),
    ("mailbox_id", "mail/mailboxes", MAILBOX),
    ("message_id", "mail/messages", {"subject": "Hello"}),
)
"""The path parameter that names a record, where it is made, and what beside the needed fields."""


@dataclass
class World:
    """The records of the company; ids are found by the name of the path parameter."""

    document: Document
    http: httpx2.AsyncClient
    signer: Signer
    admin: str
    refresh_token: str
    ids: dict[str, str] = field(default_factory=dict)
    deleted: dict[str, str] = field(default_factory=dict)
    made: list[tuple[Operation, str, str, dict[str, Any]]] = field(default_factory=list)
    """Every call that made a record: its path, Idempotency-Key and body."""
    cursors: list[tuple[Operation, str]] = field(default_factory=list)
    """The administrator's cursor of every list that has a second page."""
    closed_deal: str = ""
    ended: str = ""

    async def build(self) -> None:
        """Make everything."""
        self.ids |= {"code": "EUR", "kind": "deal", "number": "1"}
        for name, path, extra in KINDS:
            self.ids[name] = await self.make(path, extra)
        await self._finish_pipeline()
        self.ids["record_id"] = self.ids["deal_id"]
        await self.call("PUT", self.at("gateway/teams/{team_id}/members/{user_id}"), {})
        await self._make_form()
        await self._make_import()
        await self.make("deals/rates", {"currency": "USD", "rate": "0.9", "date": "2026-01-05"})
        for name, path, extra in KINDS:
            if self.operation("DELETE", _address_of(path, name)):
                self.deleted[name] = await self.make(path, _another(extra))
        for name, path, _ in reversed(KINDS):
            if name in self.deleted:
                address = _address_of(path, name).format_map({**self.ids, name: self.deleted[name]})
                await self.call("DELETE", address)
        self.closed_deal = await self.make("deals/deals", {"name": "Closed"})
        await self.call("POST", f"deals/deals/{self.closed_deal}/win", {})
        await self._make_users()
        await self._find_cursors()

    def at(self, path: str) -> str:
        """Put the ids of our records into a path."""
        return path.format_map(self.ids)

    def deleted_ids(self, operation: Operation) -> dict[str, str]:
        """Answer our ids, but the last in the path of a deleted record, if there is one."""
        return {**self.ids, **{name: self.deleted[name] for name in self.deleted_names(operation)}}

    def deleted_names(self, operation: Operation) -> list[str]:
        """Answer the last parameter in a path that has a deleted record, if there is one."""
        return [one.name for one in operation.within("path") if one.name in self.deleted][-1:]

    def operation(self, method: str, path: str) -> Operation | None:
        """Find a described call by its path below /api/v1/."""
        return next(
            (
                operation
                for operation in self.document.operations
                if (operation.method, operation.path) == (method, f"/api/v1/{path}")
            ),
            None,
        )

    async def make(self, path: str, extra: Mapping[str, Any] | None = None) -> str:
        """Make a record with an Idempotency-Key, and answer its id, if it has one (GAT-001)."""
        operation = self.operation("POST", path)
        assert operation, path
        sent = {**valid.body(self.document, operation, self.ids), **(extra or {})}
        key = f"made-{uuid7()}"
        answer = await self.call(
            "POST", self.at(path), sent, headers={"Idempotency-Key": key}, expect=201
        )
        assert "location" in answer.headers, f"{operation}: 201 without Location"
        self.made.append((operation, f"/api/v1/{self.at(path)}", key, sent))
        return str(answer.json().get("id", ""))

    async def call(
        self, method: str, path: str, body: Any = None, *, expect: int | None = None, **rest: Any
    ) -> httpx2.Response:
        """Call as the administrator; anything but success fails the test."""
        headers = {"Authorization": f"Bearer {self.admin}", **rest.pop("headers", {})}
        if body is not None:
            rest["json"] = body
        answer = await self.http.request(method, f"/api/v1/{path}", headers=headers, **rest)
        right = answer.status_code == expect if expect else answer.is_success
        assert right, f"{method} {path} {body}: {answer.status_code} {answer.text}"
        return answer

    async def login(self, email: str) -> dict[str, Any]:
        """Answer the tokens of a new session."""
        body = {"email": email, "password": PASSWORD}
        answer = await self.http.post("/api/v1/gateway/login", json=body)
        assert answer.status_code == httpx2.codes.OK, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    async def _make_users(self) -> None:
        """Make another administrator, and one who was sent away."""
        rest = {"password": PASSWORD, "roles": ["administrator"]}
        await self.make("gateway/users", {"email": OTHER, **rest})
        gone = await self.make("gateway/users", {"email": GONE, **rest})
        self.ended = (await self.login(GONE))["access_token"]
        await self.call("POST", f"gateway/users/{gone}/deactivate")

    async def _find_cursors(self) -> None:
        for operation in self.document.operations:
            if operation.query("cursor") and operation.query("limit"):
                path = operation.path.removeprefix("/api/v1/").format_map(self.ids)
                page = (await self.call("GET", path, params={"limit": 1})).json()
                if page.get("next_cursor"):
                    self.cursors.append((operation, page["next_cursor"]))

    async def _finish_pipeline(self) -> None:
        for stage in STAGES[1:]:
            path = self.at("deals/pipelines/{pipeline_id}/stages")
            await self.call("POST", path, stage, expect=201)

    async def _make_form(self) -> None:
        """Copy the shipped form; the token of a copy is the path of the public page."""
        (shipped, *_) = (await self.call("GET", "intake/web-forms")).json()["items"]
        path = f"intake/web-forms/{shipped['id']}/copy"
        form, old = [
            (await self.call("POST", path, {"name": name}, expect=201)).json()
            for name in ("Contact form", "Old form")
        ]
        self.ids |= {"form_id": form["id"], TOKEN: form["token"]}
        self.deleted["form_id"] = old["id"]
        await self.call("DELETE", f"intake/web-forms/{old['id']}")

    async def _make_import(self) -> None:
        text = io.StringIO()
        csv.writer(text).writerows([["name"], ["Imported"]])
        answer = await self.call(
            "POST",
            "deals/imports",
            files={"file": ("deals.csv", text.getvalue().encode())},
            data={"mapping": '{"name": "name"}'},
            expect=202,
        )
        self.ids["job_id"] = answer.json()["id"]


def _address_of(path: str, name: str) -> str:
    """Answer where a record lives: below its list, or apart."""
    if name in ("output_id", "payment_id"):
        path = f"deals/{path.rpartition('/')[2]}"
    return f"{path}/{{{name}}}"


def _another(extra: Mapping[str, Any]) -> dict[str, Any]:
    """Answer what to make a second record with, where the first took what is given once."""
    once = ("email", "is_default", "main", "name")
    return {name: value for name, value in extra.items() if name not in once}
