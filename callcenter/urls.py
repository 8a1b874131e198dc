"""The desk's addresses, under /desk/."""

from django.urls import path

from callcenter import asking, views

app_name = "callcenter"

urlpatterns = [
    path("", views.desk, name="desk"),
    path("news/", views.news, name="news"),
    path("claim/", views.claim, name="claim"),
    path("lease/", views.heartbeat, name="heartbeat"),
    path("number/", views.number, name="number"),
    path("result/", views.result, name="result"),
    path("need/", asking.need, name="need"),
    path("suggestion/", asking.suggestion, name="suggestion"),
    path("field/", asking.field, name="field"),
    path("survey/", asking.survey, name="survey"),
    path("skip/", views.skip, name="skip"),
    path("promises/", views.promises, name="promises"),
    path("team/", views.team, name="team"),
]
