"""The addresses of task lists, under /tasks/."""

from django.urls import path

from cvm.tasks import pages

urlpatterns = [
    path("", pages.task_list, name="tasks"),
    path("<int:pk>/acceptance/", pages.accept, name="task-accept"),
    path("<int:pk>/hold/", pages.hold, name="task-hold"),
    path("<int:pk>/closure/", pages.close, name="task-close"),
]
