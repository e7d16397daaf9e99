"""Under /api/v1.0/: rooms. A room id begins with “!” and may hold anything else, so it is a `path`."""

from django.urls import path

from workspace.rooms import api, spaces_api, talk

urlpatterns = [
    path("rooms/", api.RoomsView.as_view(), name="rooms"),
    path("rooms/mine/", api.MyRoomsView.as_view(), name="my-rooms"),
    path("rooms/people/", talk.PeopleView.as_view(), name="rooms-people"),
    path("rooms/<path:room>/bindings/<uuid:item>/remove/", api.UnbindView.as_view(), name="room-unbind"),
    path("rooms/<path:room>/options/", api.OptionsView.as_view(), name="room-options"),
    path("identities/options/", api.PersonOptionsView.as_view(), name="identities-options"),
    path("rooms/<path:room>/bindings/", api.BindingsView.as_view(), name="room-bindings"),
    path("rooms/<path:room>/successor/", api.SuccessorView.as_view(), name="room-successor"),
    path("rooms/<path:room>/sharers/", api.SharersView.as_view(), name="room-sharers"),
    path("rooms/<path:room>/readers/", api.ReadersView.as_view(), name="room-readers"),
    path("rooms/<path:room>/talk/guests/", talk.GuestTalkView.as_view(), name="room-talk-guests"),
    path("rooms/<path:room>/talk/hears/", talk.HearsView.as_view(), name="room-talk-hears"),
    path("rooms/<path:room>/talk/said/", talk.SaidView.as_view(), name="room-talk-said"),
    path("rooms/<path:room>/talk/", talk.TalkView.as_view(), name="room-talk"),
    path("rooms/<path:room>/share/", api.ShareView.as_view(), name="room-share"),
    path("rooms/<path:room>/", api.RoomView.as_view(), name="room"),
    path("spaces/", spaces_api.SpacesView.as_view(), name="spaces"),
    path(
        "spaces/<path:space>/bindings/<uuid:item>/remove/",
        spaces_api.SpaceUnbindView.as_view(),
        name="space-unbind",
    ),
    path("spaces/<path:space>/bindings/", spaces_api.SpaceBindingsView.as_view(), name="space-bindings"),
    path("spaces/<path:space>/successor/", spaces_api.SpaceSuccessorView.as_view(), name="space-successor"),
    path("spaces/<path:space>/", spaces_api.SpaceView.as_view(), name="space"),
]
