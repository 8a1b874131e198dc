import pytest
from django.utils import timezone
from segmentation import segment_actions
from cvm.segments.members import rebuild_with_readers
from tests.pages import branch
from tests.pages.older_books import give_older_books
from tests.pages.test_segments import MID_UP, next_night

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_shots(browser_page, login, live_server, db):
    place = branch.build(customers=400)
    give_older_books(place, year=2025)
    seg = segment_actions.create_segment(
        name="高价值", meaning="中高端", rule=MID_UP, by=place.analyst, at=timezone.now()
    )
    rebuild_with_readers(seg, run=place.run)
    page = browser_page

    def shot(name, address, who="analyst", lang="zh-hans", theme="light", width=1440, full=True):
        page.context.add_cookies(
            [
                {"name": "django_language", "value": lang, "url": live_server.url},
                {"name": "cvm_theme", "value": theme, "url": live_server.url},
            ]
        )
        page.set_viewport_size({"width": width, "height": 900})
        login(page, place.people[who])
        page.goto(address)
        page.wait_for_timeout(700)
        w = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        print(name, "overflow", w)
        page.screenshot(path=f"/tmp/hcshot-{name}.png", full_page=full)

    shot("ledger-zh", "/ledger/")
    shot("ledger-2025-en-dark", "/ledger/?year=2025&by=county", lang="en", theme="dark")
    shot("ledger-390", "/ledger/?year=2025", width=390)
    shot("ledger-admin", "/ledger/?by=county", who="admin")
    shot("defs-zh", "/definitions/", full=False)
    shot("defs-en-390-dark", "/definitions/#ledger.movements", lang="en", theme="dark", width=390, full=False)
    shot("home-zh", "/")
    page.context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": live_server.url}])
    for c in (1, 2, 3):
        import dataclasses

        place = dataclasses.replace(place, run=next_night(place, **{f"c{c * 5}": 0}))
    shot("segment-zh", f"/segments/{seg.pk}/")
    shot("segment-390-dark-en", f"/segments/{seg.pk}/", lang="en", theme="dark", width=390)
