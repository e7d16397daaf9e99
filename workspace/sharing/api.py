"""The API of items and accesses, and, for services, of the audience question."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contract.answers import Question
from contract.ids import ItemId
from workspace.accounts.asking import signed_in
from workspace.accounts.bearer import IsServiceAccount, ReadByAccounts, ServiceAccountAuthentication
from workspace.accounts.models import User
from workspace.api.pages import PagedView
from workspace.api.reading import read, read_query
from workspace.api.services import HasScope, Scope, ServiceAuthentication, ServiceView
from workspace.sharing import audience, doors, listing, tree, who
from workspace.sharing import serializers as shapes
from workspace.sharing.models import Access, Item, Team
from workspace.sharing.roles import LinkReach, Role


def _shown(request: Request, items: list[Item]) -> list[dict[str, Any]]:
    roles = listing.roles_of(signed_in(request), items)
    return list(shapes.ItemSerializer(items, many=True, context={"roles": roles}).data)


class ItemsView(ReadByAccounts, PagedView):
    """Lists of items."""

    @extend_schema(
        operation_id="items_list",
        parameters=[shapes.ItemsAsked],
        responses=shapes.ItemSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """What is in a folder, at the root, in the trash, or recent."""
        user, wanted = signed_in(request), read_query(shapes.ItemsAsked, request)
        if "parent" in wanted:
            items = listing.children(user, wanted["parent"])
        elif wanted["trashed"]:
            items = listing.trashed(user)
        else:
            items = listing.recent(user) if wanted["recent"] else listing.tops(user)
        if "kind" in wanted:
            items = items.filter(kind=wanted["kind"])
        return self.page_of(items, lambda page: _shown(request, page))


class ItemView(ReadByAccounts):
    """One item."""

    @extend_schema(operation_id="items_retrieve", responses=shapes.ItemSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """The item, without its content."""
        return Response(_shown(request, [doors.open_item(request.user, pk)])[0])

    @extend_schema(operation_id="items_rename", request=shapes.TitleSerializer, responses=shapes.ItemSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Give it another title."""
        user = signed_in(request)
        item = doors.open_item(user, pk, Role.EDITOR)
        tree.rename_item(user, item, read(shapes.TitleSerializer, request)["title"])
        return Response(_shown(request, [item])[0])

    @extend_schema(operation_id="items_trash", responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Put it in the trash, with what is under it."""
        user = signed_in(request)
        tree.trash_item(user, doors.open_item(user, pk, Role.OWNER))
        return Response(status=status.HTTP_204_NO_CONTENT)


class RestoreView(APIView):
    """Out of the trash."""

    @extend_schema(operation_id="items_restore", request=None, responses=shapes.ItemSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Take an item out of the trash."""
        user = signed_in(request)
        item = doors.open_item(user, pk, Role.OWNER)
        tree.restore_item(user, item)
        return Response(_shown(request, [item])[0])


class MoveView(APIView):
    """To another folder."""

    @extend_schema(operation_id="items_move", request=shapes.MoveSerializer, responses=shapes.ItemSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Hang an item, with what is under it, under another folder."""
        user, target = signed_in(request), read(shapes.MoveSerializer, request)["parent"]
        with transaction.atomic():
            item = doors.open_item(user, pk, Role.OWNER)
            parent = doors.open_item(user, target, Role.EDITOR) if target else None
            tree.move_item(user, item, parent)
        return Response(_shown(request, [item])[0])


class LinkView(APIView):
    """Access by the link alone."""

    @extend_schema(operation_id="items_link", request=shapes.LinkSerializer, responses=shapes.ItemSerializer)
    def put(self, request: Request, pk: UUID) -> Response:
        """Say who has which role by the link alone."""
        user, wanted = signed_in(request), read(shapes.LinkSerializer, request)
        item = doors.open_item(user, pk, Role.OWNER)
        tree.set_link(user, item, LinkReach(wanted["reach"]), wanted["role"])
        return Response(_shown(request, [item])[0])


class AccessesView(PagedView):
    """Who has access to an item."""

    @extend_schema(operation_id="accesses_list", responses=shapes.AccessSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """Who has access, here or by something above that one may read; the nearest first.

        Whoever has the item by its link alone is told of nobody.
        """
        user = signed_in(request)
        item = doors.open_item(user, pk)
        shown = [grant.access for grant in who.shown_to(user, item)]
        context = {"item": pk, "owner": doors.role_on(user, pk) is Role.OWNER}
        return self.page_of(shown, lambda page: shapes.AccessSerializer(page, many=True, context=context).data)

    @extend_schema(
        operation_id="accesses_create", request=shapes.GrantSerializer, responses={201: shapes.AccessSerializer}
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Give a person, a team or a room a role; whoever has one gets this one instead."""
        user, wanted = signed_in(request), read(shapes.GrantSerializer, request)
        item = doors.open_item(user, pk, Role.OWNER)
        access = tree.grant(user, item, wanted["role"], **_holder(user, wanted))
        shown = shapes.AccessSerializer(access, context={"item": pk, "owner": True})
        return Response(shown.data, status=status.HTTP_201_CREATED)


class AccessView(APIView):
    """One access."""

    @extend_schema(operation_id="accesses_update", request=shapes.RoleSerializer, responses=shapes.AccessSerializer)
    def patch(self, request: Request, pk: UUID, access: UUID) -> Response:
        """Another role."""
        user = signed_in(request)
        item = doors.open_item(user, pk, Role.OWNER)
        held = get_object_or_404(Access, pk=access, item=item)
        changed = tree.grant(user, item, read(shapes.RoleSerializer, request)["role"], user=held.user, team=held.team)
        return Response(shapes.AccessSerializer(changed, context={"item": pk, "owner": True}).data)

    @extend_schema(operation_id="accesses_destroy", responses={204: None})
    def delete(self, request: Request, pk: UUID, access: UUID) -> Response:
        """Take an access away; one's own, one may always give up."""
        user = signed_in(request)
        item = doors.open_item(user, pk)
        held = get_object_or_404(Access, pk=access, item=item)
        if held.user_id != user.pk:
            doors.open_item(user, pk, Role.OWNER)
        tree.revoke(user, held)
        return Response(status=status.HTTP_204_NO_CONTENT)


class AudienceView(ServiceView):
    """The audience question: of services about anything, of a service account about what it has an access to."""

    scope = Scope.AUDIENCE
    authentication_classes = (ServiceAccountAuthentication, ServiceAuthentication)
    permission_classes = (HasScope | IsServiceAccount,)

    @extend_schema(
        operation_id="audience", request=shapes.AudienceSerializer, responses={200: shapes.AnswersSerializer}
    )
    def post(self, request: Request) -> Response:
        """For each question, how many of the audience cannot read the item, and its facts if all can."""
        asked = read(shapes.AudienceSerializer, request)
        questions = [
            Question(question["audience"], ItemId(question["item"]), question.get("actor"), question["trashing"])
            for question in asked["questions"]
        ]
        asker = request.user if isinstance(request.user, User) else None
        return Response({"answers": audience.answer(asked["audiences"], questions, asker)})


def _holder(actor: User, wanted: dict[str, Any]) -> dict[str, Any]:
    if "user" in wanted:
        return {"user": get_object_or_404(User, pk=wanted["user"], is_active=True)}
    if "team" in wanted:
        return {"team": get_object_or_404(Team, pk=wanted["team"], members=actor)}
    return {"team": get_object_or_404(Team, room__room_id=wanted["room"], members=actor)}
