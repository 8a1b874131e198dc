"""Every address of the product. Each part keeps its own list; this file only joins them."""

from django.urls import include, path

from cvm import accounts

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/login/", accounts.LoginPage.as_view(), name="login"),
    path("accounts/logout/", accounts.LogoutPage.as_view(), name="logout"),
    path("accounts/password/", accounts.PasswordPage.as_view(), name="password_change"),
]
