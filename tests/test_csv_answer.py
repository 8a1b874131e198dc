"""Small tables as files: readable by spreadsheet programs, numbers as numbers, no text a formula."""

from decimal import Decimal

from cvm.exports.tables import csv_answer


def test_texts_are_disarmed_and_numbers_stay_numbers():
    answer = csv_answer([["名称", "=1+1"], ["甲", Decimal(-5).scaleb(-2)], ["乙", -3]], name="x.csv")

    assert answer.content.decode() == "\ufeff名称,'=1+1\r\n甲,-0.05\r\n乙,-3\r\n"
    assert answer["Content-Disposition"] == 'attachment; filename="x.csv"'
