"""A workspace with people and things in it, for the tests that look at its pages as somebody's browser shows them.

Run as a program it makes them in the configured database, store and index, and says as one line of JSON whose session
is which and where each page is: `{"sessions": {name: key}, "paths": {page: path}}`.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any
from uuid import UUID

import django

#: Where the first version of the main document was left, and what it became.
FIRST = """# Objectifs

Réduire la consommation d’énergie des bâtiments publics de **10 % en deux ans**.

- Baisser le chauffage à 19 °C
- Éteindre les bureaux la nuit
"""
SECOND = """# Objectifs

La sobriété énergétique est l’affaire de chaque site :
réduire la consommation des bâtiments publics de **15 % en deux ans**, sans toucher à l’accueil du public.

- Baisser le chauffage à 19 °C, et à 16 °C la nuit
- Éteindre les bureaux la nuit
- Remplacer l’éclairage des couloirs

## Calendrier

| Étape | Échéance | Qui |
| --- | --- | --- |
| Relevé des compteurs | 15 décembre | Camille Martin |
| Travaux d’éclairage | 31 mars | Inès Benali |
| Bilan | 30 juin | les deux équipes |

> Chaque site choisit ses moyens, le résultat est commun.

Pour le détail des relevés, voir la [méthode de mesure](https://example.org/methode), puis lancer `relever --site 12`.

```
site 12   chauffage   412 MWh   en baisse
site 14   éclairage    87 MWh   en attente des travaux de la rue de Varenne, prévus au printemps prochain
```

1. Relever
2. Comparer
3. Décider ensemble
"""
HOSTILE = "Réunion <script>alert(1)</script> \u202e& suite « du lundi »"
LONG = "Compte-rendu_de_la_réunion_interministérielle_sur_la_sobriété_énergétique_des_bâtiments_version_définitive"


def people() -> dict[str, Any]:
    """The four agents, and whom nothing is shared with."""
    from workspace.accounts.models import User

    names = {"camille": "Camille Martin", "ines": "Inès Benali", "louis": "Louis Petit", "sofia": "Sofia Roux"}
    return {
        key: User.objects.create(
            sub=f"sub-{key}",
            username=f"sub-{key}",
            email=f"{name.lower().replace(' ', '.').replace('è', 'e')}@agents.gouv.test",
            full_name=name,
            short_name=name.split()[0],
        )
        for key, name in (names | {"nobody": "Ali Durand"}).items()
    }


def things(cast: dict[str, Any]) -> dict[str, Any]:
    """Documents, folders, accesses, a room, a trash. The items, by what they are for."""
    from contract.resources import Kind
    from workspace.docs import service as docs
    from workspace.sharing import tree
    from workspace.sharing.models import Item
    from workspace.sharing.roles import LinkReach, Role

    camille, ines, louis = cast["camille"], cast["ines"], cast["louis"]
    folder = tree.create_item(Kind.FOLDER, "Rénovation de la cité administrative", None, camille)
    inner = tree.create_item(Kind.FOLDER, "Plans", folder, camille)
    tree.create_item(Kind.FOLDER, "Marchés", folder, camille)
    empty = tree.create_item(Kind.FOLDER, "À classer", None, camille)
    plan = docs.create(camille, title="Plan de sobriété énergétique", content=FIRST, parent_id=folder.pk).item
    tree.grant(camille, folder, Role.EDITOR, user=ines)
    tree.grant(camille, plan, Role.READER, user=louis)
    docs.update(ines, plan.pk, based_on=1, content=SECOND)
    docs.update(camille, plan.pk, based_on=2, content=SECOND + "\nMerci à toutes et à tous.\n")
    hostile = docs.create(camille, title=HOSTILE, content="<b>gras</b> & **gras**, sobriété énergétique").item
    long = docs.create(camille, title=LONG, content=f"{LONG}\n\n" + "sobriété " * 60).item
    public = docs.create(ines, title="Charte d’accueil du public", content="Bienvenue. La sobriété commence ici.").item
    tree.set_link(ines, public, LinkReach.PUBLIC, Role.READER)
    gone = docs.create(camille, title="Brouillon de note", content="…").item
    tree.trash_item(camille, Item.objects.get(pk=gone.pk))
    return {
        "folder": folder,
        "inner": inner,
        "empty": empty,
        "plan": plan,
        "hostile": hostile,
        "long": long,
        "public": public,
        "gone": gone,
    }


def grants(cast: dict[str, Any], items: dict[str, Any]) -> None:
    """What Camille allows, and what was done and tried for her. She is linked."""
    from contract.grants import Act
    from contract.ids import matrix_id
    from workspace.api.services import Service
    from workspace.grants import delegations, uses
    from workspace.grants.errors import TradeRefused
    from workspace.grants.models import Use
    from workspace.grants.trading import Asked, trade

    camille, room = cast["camille"], "!renovation:parvis.gouv.test"
    bridge = Service("bridge", frozenset(), frozenset(Act))
    who = matrix_id("@camille.martin:interieur.gouv.test")
    for act in (Act.READ, Act.SAVE):
        delegations.give(camille, "bridge", act)
    _token, made = trade(bridge, Asked(Act.READ, who, items["plan"].pk, room))
    uses.of_token(made, "bridge", Use.What.USE, Act.READ, item=items["plan"].pk)
    uses.of_token(made, "find", Use.What.USE, Act.READ, item=items["hostile"].pk, refused="other_service")
    trade(bridge, Asked(Act.READ, who))
    try:
        trade(bridge, Asked(Act.SHARE, who, items["public"].pk, "!elsewhere:hub.test"))
    except TradeRefused:
        return
    raise AssertionError("Camille does not own it")


def room(cast: dict[str, Any], items: dict[str, Any]) -> None:
    """A room of Camille and Inès that is bound to the plan, and has the folder."""
    from django.conf import settings

    from contract.ids import matrix_id, room_id
    from workspace.accounts.models import MatrixIdentity
    from workspace.rooms import service as rooms
    from workspace.sharing import tree
    from workspace.sharing.models import Team
    from workspace.sharing.roles import Role

    ids = {
        "camille": matrix_id("@camille.martin:interieur.gouv.test"),
        "ines": matrix_id("@ines.benali:culture.gouv.test"),
    }
    for key, id_ in ids.items():
        MatrixIdentity.objects.create(user=cast[key], matrix_id=id_)
    grants(cast, items)
    known = rooms.put("bridge", room_id("!renovation:parvis.gouv.test"), list(ids.values()), "fr")
    for name in ("plan", "folder"):
        url = settings.PARVIS.url + items[name].url
        rooms.bind("bridge", room_id(known.room_id), url, ids["camille"])
    tree.grant(cast["camille"], items["folder"], Role.READER, team=Team.objects.get(pk=known.team_id))


def talk(cast: dict[str, Any], items: dict[str, Any]) -> dict[str, str]:
    """Discussions on the main document: on a passage, on one that is gone, on all of it, by a guest, a closed one.

    The paths of their pages.
    """
    from contract.ids import MatrixId
    from workspace.comments import reading, service
    from workspace.comments.authors import Guest
    from workspace.comments.models import Thread

    camille, ines, plan = cast["camille"], cast["ines"], items["plan"]
    passages = reading.passages(camille, plan.pk)
    first = service.start(ines, plan.pk, "Et pour les **écoles** ?\n\n# Un titre", passage=passages[0].key)
    reply = service.reply(camille, first.thread_id, "Elles viennent après.", mentions={ines.pk})
    service.react(camille, first.pk, "👍")
    service.react(ines, first.pk, "🎉")
    service.delete(ines, service.reply(ines, first.thread_id, "Non.").pk)
    service.take_guests(camille, plan.pk, True)
    guest = Guest(MatrixId("@un.nom.tres.tres.long.pour.un.telephone:hopitaux.culture.gouv.test"), HOSTILE)
    service.start(guest, plan.pk, f"{LONG} <b>x</b>")
    gone = service.start(camille, plan.pk, "Qui relit ?", passage=passages[1].key)
    Thread.objects.filter(pk=gone.thread_id).update(passage="0" * 20)
    service.resolve(camille, service.start(camille, plan.pk, "Relu.").thread_id)
    return {
        "document-commenting": f"{plan.url}?on={passages[1].key}#comment-new",
        "document-thread": f"{plan.url}?thread={first.thread_id}",
        "document-resolved": f"{plan.url}?resolved=1",
        "comment-edit": f"{plan.url}comments/{reply.pk}/edit/",
    }


def links() -> dict[str, str]:
    """The paths of link offers: one that is good, one that was used, one that is too old."""
    from django.utils import timezone

    from contract.ids import matrix_id
    from workspace.accounts import linking
    from workspace.accounts.models import LinkOffer

    paths = {"link-unknown": "/link/there-is-none-of-that-name/"}
    for name in ("good", "used", "expired"):
        token, offer = linking.offer(matrix_id(f"@camille.{name}:interieur.gouv.test"))
        now = timezone.now()
        if name == "used":
            LinkOffer.objects.filter(pk=offer.pk).update(used_at=now)
        elif name == "expired":
            LinkOffer.objects.filter(pk=offer.pk).update(expires_at=now)
        paths[f"link-{name}"] = f"/link/{token}/"
    return paths


def upload(user: Any, name: str, raw: bytes, media_type: str, folder: UUID | None = None, text: str = "") -> Any:
    """A file in the store, as an upload leaves it. `text` is what the search shall know of it."""
    from workspace.drive import service as drive
    from workspace.find.models import FileText

    declared = drive.declare(user, filename=name, size=len(raw), media_type=media_type, parent_id=folder)
    drive.store().put(f"incoming/{declared.upload_id}", raw, media_type=media_type)
    file = drive.publish(user, declared.file_id)
    if text:
        FileText.objects.create(version=file.current, outcome="read", text=text)
    return file.item


def files(cast: dict[str, Any], items: dict[str, Any]) -> dict[str, Any]:
    """Files in the folder; the first has two versions."""
    from tests.workspace.find import office
    from workspace.drive import service as drive

    camille, ines, folder = cast["camille"], cast["ines"], items["folder"].pk
    words = "Diagnostic énergétique des bâtiments : la sobriété fait gagner 15 % sur le chauffage."
    pdf = office.pdf(words)
    file = upload(ines, "Diagnostic énergétique 2026.pdf", pdf, "application/pdf", folder)
    again = office.pdf(words + " Deuxième relevé.")
    declared = drive.declare_version(camille, file.pk, size=len(again), media_type="application/pdf")
    drive.store().put(f"incoming/{declared.upload_id}", again, media_type="application/pdf")
    version = drive.publish(camille, file.pk).current
    from workspace.find.models import FileText

    FileText.objects.create(version=version, outcome="read", text=words)
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    upload(camille, "Relevés de consommation.xlsx", office.xlsx("412 MWh"), sheet, folder, "chauffage 412 MWh")
    upload(ines, "Façade nord.png", _PNG, "image/png", folder)
    return {"file": file}


def paths(items: dict[str, Any]) -> dict[str, str]:
    """Where each page is that Camille sees."""
    docs, drive = f"/docs/{items['plan'].pk}/", f"/drive/{items['folder'].pk}/"
    found = {
        "home": "/",
        "docs": "/docs/",
        "document": docs,
        "document-hostile": f"/docs/{items['hostile'].pk}/",
        "document-long": f"/docs/{items['long'].pk}/",
        "document-new": f"/docs/new/?parent={items['folder'].pk}",
        "document-edit": f"{docs}edit/",
        "versions": f"{docs}versions/",
        "version": f"{docs}versions/2/",
        "version-first": f"{docs}versions/1/",
        "share-document": f"{docs}share/",
        "move": f"{docs}move/?parent={items['folder'].pk}",
        "drive": "/drive/",
        "folder": drive,
        "folder-empty": f"/drive/{items['empty'].pk}/",
        "share-folder": f"{drive}share/",
        "seal": f"/drive/{items['empty'].pk}/seal/",
        "trash": "/drive/trash/",
        "document-in-trash": f"/docs/{items['gone'].pk}/",
        "search-empty": "/search/",
        "search": "/search/?q=sobri%C3%A9t%C3%A9+%C3%A9nerg%C3%A9tique",
        "search-nothing": "/search/?q=ornithorynque&kind=file",
        "account": "/account/",
        "uses": "/account/uses/",
        "public": items["public"].url,
        "not-found": "/docs/00000000-0000-4000-8000-000000000000/",
    }
    if "file" in items:
        found["file"] = f"/drive/{items['file'].pk}/"
    return found


def session_of(user: Any) -> str:
    """The key of a session in which `user` is signed in."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user, backend="workspace.accounts.backends.Backend")
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def main() -> None:
    """See the module."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workspace.settings")
    django.setup()
    from workspace.find import indexing
    from workspace.find.service import engine

    cast = people()
    items = things(cast)
    items |= files(cast, items)
    room(cast, items)
    answer = {
        "sessions": {key: session_of(user) for key, user in cast.items()},
        "paths": paths(items) | talk(cast, items) | links(),
    }
    indexing.rebuild(engine())
    json.dump(answer, sys.stdout)


#: One pixel.
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8ffff3f0005fe02fea735814e0000000049454e44ae426082"
)

if __name__ == "__main__":
    main()
