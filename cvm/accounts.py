"""Coming in, going out, a new password."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from cvm.context import start_url


class Styled:
    """Forms of Django's own, with our controls."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"


class LoginForm(Styled, AuthenticationForm):
    """Name and password."""


class PasswordForm(Styled, PasswordChangeForm):
    """The old password, and the new one twice."""


class LoginPage(views.LoginView):
    """Everybody lands where their job is, unless they were on their way to a page."""

    template_name = "registration/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        """Log in, or say that too many attempts failed."""
        response = super().post(request, *args, **kwargs)
        if getattr(request, "axes_locked_out", False):
            request.axes_locked_out = False  # our page instead of the middleware's bare sentence
            return render(request, "registration/locked.html", status=429)
        return response

    def get_redirect_url(self) -> str:
        """Return the page they were on their way to; the bare address of the site is no wish for the overview."""
        wanted = super().get_redirect_url()
        return "" if wanted == reverse("home") else wanted

    def get_default_redirect_url(self) -> str:
        """Return the start page of the person's role."""
        return start_url(self.request.user)

    def form_valid(self, form):
        """Greet a person who comes for the first time with where to find their way."""
        is_first_time = form.get_user().last_login is None
        response = super().form_valid(form)
        if is_first_time:
            text = _("Welcome. Please change the password you were given: the menu with your name is at the top right.")
            messages.info(self.request, text)
        return response


class LogoutPage(views.LogoutView):
    """Out, and back to the login page."""


class PasswordPage(views.PasswordChangeView):
    """A new password; open to every role."""

    template_name = "registration/password_change.html"
    form_class = PasswordForm

    def get_success_url(self) -> str:
        """Go on with work."""
        return start_url(self.request.user)

    def form_valid(self, form):
        """Say that it worked."""
        messages.success(self.request, _("Your password is changed."))
        return super().form_valid(form)
