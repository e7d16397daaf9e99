"""The tour, and what is around it: the main job, seen through the command line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from parvis.tour.cast import Actor
from tests.system.conftest import Stack

pytestmark = pytest.mark.system

#: Patience with one whole tour on a machine that does much else.
_TOUR_SECONDS = 600
#: What it shows: of each thing that Parvis does, one named step at least.
_STEPS = {
    *("room", "bind", "file", "document", "audience", "search.may", "search.may-not"),
    *("work.room", "links", "links.offer", "grants", "rights.access", "talk", "files", "settings"),
    *("flood.rooms", "flood", "flood.close", "courier", "rights.leave"),
}


def test_everything_is_ready_and_well(stack: Stack) -> None:
    told = stack.status()
    assert told["ready"] is True
    assert {part["state"] for part in told["parts"]} == {"ready"}
    doctor = stack.parvis("doctor", "--json")
    assert json.loads(doctor.stdout)["ok"] is True, doctor.stdout


@pytest.mark.parametrize("own", [False, True])
def test_the_tour_passes_on_what_is_shipped_and_then_on_a_file_of_ones_own(
    stack: Stack, markdown: Path, *, own: bool
) -> None:
    tour = stack.parvis("tour", "--json", *(("--file", str(markdown)) if own else ()), seconds=_TOUR_SECONDS)
    told = json.loads(tour.stdout)
    assert tour.returncode == 0, told
    assert told["ok"] is True
    assert all(step["ok"] and step["seconds"] >= 0 and step["seen"] for step in told["steps"])
    seen = {step["name"]: step["seen"] for step in told["steps"]}
    assert seen.keys() >= _STEPS
    assert seen["flood.rooms"].startswith("10 encrypted rooms")
    assert "200 fichiers" in seen["flood"]
    if own:
        assert markdown.name in seen["file"]


def test_a_file_that_is_not_there_is_said_to_be_so(stack: Stack) -> None:
    tour = stack.parvis("tour", "--file", "nothing.pdf")
    assert tour.returncode == 2
    assert "nothing.pdf" in tour.stderr


async def test_somebody_is_made_an_operator_and_has_the_admin(stack: Stack, sofia: Actor) -> None:
    admin = f"{stack.layout.workspace_url}/admin/"
    outbox, event = f"{admin}events/outboxevent/", "parvis.events."
    assert event not in (await sofia.browser.http.get(outbox)).text
    made = await asyncio.to_thread(stack.parvis, "operator", "sofia.roux@interieur.gouv.test")
    assert made.returncode == 0, made.stderr
    assert admin in made.stdout
    assert event in (await sofia.browser.http.get(outbox)).text
    nobody = await asyncio.to_thread(stack.parvis, "operator", "personne@interieur.gouv.test")
    assert nobody.returncode != 0
    assert "must sign in once first" in nobody.stderr


def test_the_federation_is_closed(stack: Stack) -> None:
    checked = stack.parvis("federation", "check", "--json")
    report = json.loads(checked.stdout)
    assert checked.returncode == 0, [check for check in report["checks"] if not check["ok"]]
    assert len(report["checks"]) > 40


def test_a_second_supervisor_is_refused_and_a_running_home_is_not_deleted(stack: Stack) -> None:
    again = stack.parvis("up")
    assert again.returncode == 3
    assert "runs already" in again.stderr
    reset = stack.parvis("reset", "--yes")
    assert reset.returncode == 3
    assert stack.layout.secrets.exists()


def test_nothing_of_the_home_can_be_read_by_others(stack: Stack) -> None:
    home = stack.layout.home
    assert home.stat().st_mode & 0o077 == 0
    loose = [path for path in stack.layout.secrets.rglob("*") if path.stat().st_mode & 0o077]
    assert loose == []


def test_no_secret_and_no_title_is_in_a_log(stack: Stack) -> None:
    """After the tour: its titles, passwords, tokens and linking addresses."""
    forbidden = [path.read_text().strip() for path in stack.layout.secrets.rglob("*") if _is_secret(path)]
    forbidden += ["note-sobriete", "Note réservée", "Compte rendu"]
    for log in stack.layout.logs.glob("*.log"):
        text = log.read_text(errors="replace")
        told = [word[:12] for word in forbidden if len(word) > 8 and word in text]
        assert told == [], (log.name, told)


def _is_secret(path: Path) -> bool:
    """One line that only a program or its owner should know."""
    return path.is_file() and path.suffix not in (".json", ".conf") and path.stat().st_size < 200
