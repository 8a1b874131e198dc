"""One customer on one page: every app offers its panel, this package puts them together."""

from cvm.profile360.page import customer_page, timeline_page

__all__ = ["customer_page", "timeline_page"]
