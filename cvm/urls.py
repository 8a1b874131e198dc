"""Every address of the product. Each part keeps its own list; this file only joins them."""

from django.urls import include, path

from cvm import accounts, tiers_page

urlpatterns = [
    path("desk/", include("callcenter.urls")),
    path("api/", include("cvm.api.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/login/", accounts.LoginPage.as_view(), name="login"),
    path("accounts/logout/", accounts.LogoutPage.as_view(), name="logout"),
    path("tiers/", tiers_page.tiers, name="tiers"),
    path("tiers/preview/", tiers_page.preview, name="tiers-preview"),
    path("tiers/draft/", tiers_page.save, name="tiers-save"),
    path("tiers/publication/", tiers_page.publish, name="tiers-publish"),
    path("tiers/discard/", tiers_page.discard, name="tiers-discard"),
    path("accounts/password/", accounts.PasswordPage.as_view(), name="password_change"),
]
