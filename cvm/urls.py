"""Every address of the product. Each part keeps its own list; this file only joins them."""

from django.urls import include, path

from cvm import accounts, directory, edge, home, merge_page, profile360, runs, search_page

urlpatterns = [
    path("desk/", include("callcenter.urls")),
    path("", home.front_door, name="home"),
    path("boards/", include("cvm.dashboards.urls")),
    path("search/", search_page.search, name="search"),
    path("customers/", directory.customer_list, name="customers"),
    path("customers/views/", include("cvm.directory.urls")),
    path("call-lists/", include("cvm.call_lists.urls")),
    path("edge/", edge.edge_page, name="edge"),
    path("events/", include("cvm.events.urls")),
    path("exports/", include("cvm.exports.urls")),
    path("", include("cvm.needs.urls")),
    path("customers/<int:pk>/", profile360.customer_page, name="customer"),
    path("customers/<int:pk>/timeline/", profile360.timeline_page, name="customer-timeline"),
    path("customers/merges/", merge_page.merges, name="merges"),
    path("customers/merges/new/", merge_page.merge, name="merge-new"),
    path("customers/merges/undo/", merge_page.undo, name="merge-undo"),
    path("ledger/", include("cvm.ledger.urls")),
    path("stages/", include("cvm.stages.urls")),
    path("runs/", runs.run_list, name="runs"),
    path("stages/groups/", include("cvm.focus_groups.urls")),
    path("stages/playbooks/", include("cvm.playbooks.urls")),
    path("stages/policy/", include("cvm.stage_policy.urls")),
    path("runs/new/", runs.start, name="run-start"),
    path("runs/<int:pk>/", runs.run_page, name="run"),
    path("imports/", include("cvm.imports.urls")),
    path("api/", include("cvm.api.urls")),
    path("moments/", include("cvm.moments.urls")),
    path("segments/", include("cvm.segments.urls")),
    path("tasks/", include("cvm.tasks.urls")),
    path("scoreboard/", include("cvm.scoreboard.urls")),
    path("tiers/", include("cvm.tiers.urls")),
    path("back-tests/", include("cvm.backtests.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/login/", accounts.LoginPage.as_view(), name="login"),
    path("accounts/logout/", accounts.LogoutPage.as_view(), name="logout"),
    path("accounts/password/", accounts.PasswordPage.as_view(), name="password_change"),
]
