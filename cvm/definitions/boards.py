"""The numbers of the boards, the dimensions they are cut by, and those near the edge."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from customers.facets import FACETS
from cvm.definitions.registry import Definition, Group, Version
from segmentation.edge import PAST_MONTHS

FIRST = dt.date(2026, 11, 23)
NOVEMBER_29 = dt.date(2026, 11, 29)

# what a dimension of customers counts (customers/facets.py)
MEANINGS = {
    "brand": _("Brand as the customer's profile had it on the night."),
    "tenure_band": _("Months since joining, the month of joining counted as the first."),
    "structure": _(
        "From the fee parts of the last three bills: voice, data, and value-added with SMS. The one that is more than half of the three together leads; none is: balanced. Plan fees and roaming belong to none of them."
    ),
    "bundling": _(
        "Running contracts on the night: none, the last one ends within 92 days, or later (also without end). Soft bundles and V-net bind nobody."
    ),
    "group": _("Key persons by themselves; the other members of a group by the class of the group."),
    "payment": _("How the bill is paid, by the customer's profile on the night."),
    "products": _("How many of five: a running contract; a soft bundle or V-net; our broadband; a family; a group."),
    "credit": _(
        "The gravest that holds on the night: on the black list; suspended or cancelled for arrears; suspended for arrears within the months, or a late payment within 90 days or an imported score below the line, that the ladder of the night sets; else on time. Without a bill of the last year and without a score nothing is known."
    ),
}
_LATER = {"credit": NOVEMBER_29}  # dimensions that came after the first ones
_DIMENSIONS = tuple(
    Definition(f"dimension.{name}", FACETS[name][0], (Version(1, _LATER.get(name, FIRST), text),))
    for name, text in MEANINGS.items()
)
BOARDS = Group(
    _("Boards"),
    "boards",
    "dashboard.view",
    (
        *_DIMENSIONS,
        Definition(
            "boards.concentration",
            _("Concentration of revenue"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Customers on the network, sorted by the revenue of the last three bills, best first: what share of all revenue the best so many percent bring. Computed exactly by the night over every customer. The pair above counts the bands mid and high of the live tier policy."
                    ),
                ),
            ),
            policies=("tier",),
        ),
        Definition(
            "boards.shares",
            _("Share and efficiency by dimension"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Customers on the network. Revenue: the last three bills. Efficiency: share of revenue per share of customers; ×1 is average."
                    ),
                ),
            ),
            policies=("tier",),
        ),
        Definition(
            "boards.layers",
            _("Layers and their owners"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Customers on the network. Strategic: a card, or a key person of a class A or B group; group and ordinary mid/high-end: members of this year's cohort with and without a group; general: everybody else. Each layer has one owner department, which an administrator names. Revenue: the last three bills."
                    ),
                ),
            ),
            policies=("tier",),
        ),
        Definition(
            "boards.departments",
            _("Who looks after whom"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Customers on the network by the department that owns their layer. Revenue: the last three bills."
                    ),
                ),
            ),
        ),
        Definition(
            "boards.pivot",
            _("Dimensions by value band"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Every customer of the run once. In each cell: customers; revenue of the last three bills; share of revenue per share of customers, of those on the network."
                    ),
                ),
            ),
            policies=("tier",),
        ),
        Definition(
            "boards.holding",
            _("Multi-product holding"),
            (Version(1, FIRST, _("%(counted)s Customers on the network; several means two or more.")),),
            policies=("tier",),
            values={"counted": MEANINGS["products"]},
        ),
        Definition(
            "boards.cost",
            _("Cost to serve against revenue"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Customers on the network. Cost: contacts, services and complaints of the twelve months up to the night, each at the unit cost of its channel; a service without a known channel is not counted. Revenue: the last twelve bills. A band is marked when its share of cost is above its share of revenue by more than half."
                    ),
                ),
            ),
            policies=("tier",),
        ),
        Definition(
            "boards.ways",
            _("Cheaper ways they would accept"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Customers of code C on the network whom people served in the twelve months up to the night: calls, hotline, halls, visits, online agents. The way is the cheapest of app and text message, where they agreed to it, and the voice menu. Saving: what the same services would have cost less on that way, if all of them went there: the most there is, not a forecast. Whether moving them makes anybody leave has not been measured; that needs a test with a control group."
                    ),
                ),
            ),
            policies=("tier",),
        ),
        Definition(
            "boards.spared",
            _("Protected from the cheap-only way"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Of the customers of code C whom people served: who is never moved to a cheaper way, and why. The value of a big customer rests on small ones: payers, units, families; age and an open complaint protect by themselves. One customer may have several reasons."
                    ),
                ),
            ),
            policies=("tier",),
        ),
        Definition(
            "boards.rival",
            _("What a rival would see"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Why no customer is let go: without the tenth that pays least (of each county, by three months' bills) every remaining customer is worth more to a rival who addresses all of them, so attacking us becomes cheaper; and part of that tenth holds our best customers, who share a family or a unit with them. Mean bill: three months' bills divided by three and by the customers."
                    ),
                ),
            ),
            policies=("tier",),
        ),
        Definition(
            "boards.forward",
            _("Value to come against value that came"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Customers the model neither learned from nor was tuned on, as of %(month)s. Promised: their bills of the three months up to it times the chance to stay, as the model saw it then. Came: their bills of the three months after it. Both are bills, before margin and cost to serve."
                    ),
                ),
            ),
            values={"month": _("the month the model was made for")},
        ),
        Definition(
            "boards.banner-unit",
            _("Card holders kept, by unit"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Holders of a diamond, gold or silver card by their profile of today, on the network at the opening of the newest month; left: off it at its end. The banner goes to the unit that kept the greatest share, with at least ten holders. The alert stands at 2.55 percent of the holders in a month."
                    ),
                ),
            ),
        ),
        Definition(
            "boards.banner",
            _("Who held the banner"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "The best unit of each month by the rule above, on the network history as it is known now; cards and owners are those of today."
                    ),
                ),
            ),
        ),
        Definition(
            "boards.kept",
            _("Kept their band or rose"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Of the customers in a value band a month earlier, the share now in the same band or a higher one; who left the network did neither."
                    ),
                ),
            ),
            policies=("tier",),
        ),
        Definition(
            "boards.movement",
            _("Movement between two months"),
            (
                Version(
                    1,
                    FIRST,
                    _(
                        "Everybody on the network at one of the two month ends, by value band then and there; both by the tier policy of the run, from the bills as they are known now. Who was on the network at neither is left out."
                    ),
                ),
            ),
            policies=("tier",),
        ),
        Definition(
            "boards.outcome-four",
            _("Winning, losing, keeping, earning"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "The four figures by which managing customers by value is judged, of the month %(month)s. Done badly it makes winning dearer and leaving more frequent, and lowers loyalty and long-term profit."
                    ),
                ),
            ),
            policies=("cohort",),
            values={"month": _("the newest month")},
        ),
        Definition(
            "boards.outcome-share",
            _("Market share"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Our customers on the network, and those in the mid/high-end bands, against the customers of all operators somebody reported for the month %(month)s. How many of those who left came back is told on the page of the stage flow."
                    ),
                ),
            ),
            policies=("tier",),
            values={"month": _("the newest month")},
        ),
    ),
)
EDGE = Group(
    _("Near the edge"),
    "edge",
    "edge.view",
    (
        Definition(
            "edge.edges",
            _("Who crosses a line next month"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "Next month the oldest of the three bills drops out; the one to come is taken to be the average of the last three, and the months of grace hold who would fall. Within reach: a nudge of at most ¥30 on the next bill keeps the band. Thin: at most ¥30 to spare. A nudge below: at most ¥30 missing to rise. By the ladder of the night."
                    ),
                ),
            ),
            policies=("tier",),
        ),
        Definition(
            "edge.precision",
            _("How often the forecast came true"),
            (
                Version(
                    1,
                    NOVEMBER_29,
                    _(
                        "The same forecast made at each of the last %(months)s month ends with what was known then, against the month after; the whole branch. Cases near a line in ten equal parts, from furthest below to furthest above: the share that really stood above the line a month later."
                    ),
                ),
            ),
            policies=("tier",),
            values={"months": PAST_MONTHS},
        ),
    ),
)
