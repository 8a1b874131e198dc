"""The desk's addresses, under /desk/."""

from django.urls import path

from callcenter import views

app_name = "callcenter"

urlpatterns = [
    path("", views.desk, name="desk"),
    path("claim/", views.claim, name="claim"),
    path("lease/", views.heartbeat, name="heartbeat"),
    path("number/", views.number, name="number"),
    path("result/", views.result, name="result"),
    path("skip/", views.skip, name="skip"),
    path("promises/", views.promises, name="promises"),
    path("team/", views.team, name="team"),
]
