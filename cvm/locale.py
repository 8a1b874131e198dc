"""The language of a page: what the reader chose, else Chinese."""

from django.conf import settings
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers


class CookieLocaleMiddleware(LocaleMiddleware):
    """Follow the language cookie only.

    The browser's own list is ignored on purpose: office machines are often set up in English,
    and the people in front of them expect the Chinese product.
    """

    def process_request(self, request):
        translation.activate(language_of(request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)))
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request, response):
        patch_vary_headers(response, ["Cookie"])
        response.headers.setdefault("Content-Language", translation.get_language())
        return response


def language_of(code: str | None) -> str:
    """Return a language we have, whatever the cookie says."""
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
