"""The churn model on two real data sets: a shop's thirteen months, and six months of card bills."""

from dataclasses import replace

import numpy as np
import pytest

from retention.churn import Scorer, fit, score
from retention.churn_metrics import auc
from retention.tests.real_data import FOLDER, credit_frame, read, retail_frame

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason=f"the real data sets are not in {FOLDER}")


@pytest.fixture(scope="module")
def retail():
    """Customers as of November 2011; December is cut off after nine days."""
    return retail_frame(newest="2011-11")


def fitted(frame):
    return fit([frame], customers=len(frame), month=frame.month, months=frame.months)


def rewound(frame, *, months):
    """Return the frame as it ended so many months earlier, everybody who had joined by then in network."""
    history = {fact: matrix[months:] for fact, matrix in frame.history.items()}
    earlier = replace(frame, month=frame.month - months, history=history)
    return earlier.with_columns(is_in_network=history["flags"][0] > 0)


def labelled(frame, labels, probability):
    """Return (lost, probability) of the labelled customers."""
    rows = np.searchsorted(frame["id"], list(labels))
    return np.array(list(labels.values()), dtype=bool), probability[rows]


def test_shop_is_learned_in_may_and_holds_in_august(retail):
    scorer = fitted(retail)

    assert scorer.kind in {"logistic", "boosting"}
    assert (scorer.learn_month, scorer.check_month) == (retail.month - 6, retail.month - 3)
    assert scorer.metrics["auc"] >= 0.70
    caught = scorer.metrics["value_caught"]
    assert caught["by_probability_times_value"] > max(caught["by_probability"], caught["by_value"])


def test_shop_scores_of_august_rank_the_published_labels(retail):
    table = read("online_retail_labels")
    rows = zip(table["snapshot"], table["customer_id"], table["lost"], strict=True)
    labels = {customer: lost for snapshot, customer, lost in rows if snapshot == "2011-08"}
    august = rewound(retail, months=3)

    lost, probability = labelled(august, labels, score(fitted(retail), august)["churn_ppm"])

    assert len(lost) == 2813
    assert auc(lost, probability) >= 0.70


def test_card_bills_are_too_short_and_the_score_card_still_ranks_them():
    frame = credit_frame()
    scorer = fitted(frame)
    table = read("uci_credit_months_60")
    labels = dict(zip(table["customer_id"], table["default_next_month"], strict=True))

    lost, probability = labelled(frame, labels, score(scorer, frame)["churn_ppm"])

    assert scorer == Scorer(kind="score_card", month=frame.month, note="few_months", metrics={"months": 6, "needed": 9})
    assert auc(lost, probability) >= 0.65
