"""The demo's agents: two ministries, two agents each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agent:
    """`id` is the local part of the Matrix id and what the sign-in page calls them; `homeserver` is of the file."""

    id: str
    given_name: str
    usual_name: str
    homeserver: str
    siret: str

    @property
    def name(self) -> str:
        """As people say it."""
        return f"{self.given_name} {self.usual_name}"

    @property
    def email(self) -> str:
        """Their address at the ministry, which nothing is ever sent to."""
        return f"{self.id}@{self.homeserver}.gouv.test"

    @property
    def sub(self) -> str:
        """Who they are to OpenID Connect. Made up, and the same on every machine."""
        return f"demo-{self.id}"


AGENTS = (
    Agent("camille.martin", "Camille", "Martin", "interieur", "11000201100044"),
    Agent("sofia.roux", "Sofia", "Roux", "interieur", "11000201100044"),
    Agent("ines.benali", "Inès", "Benali", "culture", "11004601800013"),
    Agent("louis.petit", "Louis", "Petit", "culture", "11004601800013"),
)
