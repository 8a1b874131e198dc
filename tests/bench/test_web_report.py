"""The web bench reads its own figures right."""

from cvm.bench import web_report


def test_percentiles_are_measured_values():
    found = [float(number) for number in range(1, 101)]
    assert (web_report.at(found, 50), web_report.at(found, 95), web_report.at([7.0], 95)) == (51.0, 96.0, 7.0)


def test_report_sets_every_page_beside_the_floor_and_tells_the_exports():
    export = {"rows": 5000, "format": "csv", "seconds": 1.25, "bytes": 2_500_000, "memory": 3_000_000}
    measured = {"pages": {"floor": [2.0], "list": [10.0]}, "exports": [export], "load": 0.5}

    text = "\n".join(web_report.lines(1000, measured))

    assert [line.split()[-1] for line in text.splitlines() if line.startswith(("floor", "list"))] == ["1.0", "5.0"]
    assert "5,000 rows as csv: 1.2 s, 2.5 MB, 3 MB" in text
