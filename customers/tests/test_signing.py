"""The signature of a delivery: what it covers, and what it does not let through."""

from customers.receiving import signing

SECRET, BODY, SENT_AT = "s3cret", b'{"events": []}', 1_795_000_000


def is_signed(signature, *, secret=SECRET, timestamp=SENT_AT, body=BODY):
    return signing.is_signed_by(secret, timestamp=timestamp, body=body, signature=signature)


def test_signature_is_the_documented_one():
    # printf 'v1:1795000000:{"events": []}' | openssl dgst -sha256 -hmac s3cret
    assert signing.sign(SECRET, timestamp=SENT_AT, body=BODY) == (
        "v1=f2788c6acae95a5d34bb48c1ea8c8b2998958a9e500cc76d0824de67b97abd70"
    )


def test_signature_covers_secret_time_and_every_byte():
    signature = signing.sign(SECRET, timestamp=SENT_AT, body=BODY)

    assert is_signed(signature)
    assert not is_signed(signature, secret="S3cret")
    assert not is_signed(signature, timestamp=SENT_AT + 1)
    assert not is_signed(signature, body=BODY + b" ")
    assert not is_signed(signature.removeprefix("v1="))
    assert not is_signed(signature.upper())
    assert not is_signed("")


def test_one_of_several_signatures_is_enough():
    new = signing.sign(SECRET, timestamp=SENT_AT, body=BODY)
    old = signing.sign("old", timestamp=SENT_AT, body=BODY)

    assert is_signed(f"{old}, {new}")
    assert not is_signed(", ".join([old] * signing.MOST_SIGNATURES + [new]))


def test_window_holds_on_both_sides():
    fresh = [signing.is_fresh(SENT_AT, now=SENT_AT + away) for away in (-301, -300, 0, 300, 301)]

    assert fresh == [False, True, True, True, False]
    assert [signing.timestamp_of(text) for text in ("1795000000", "1795000000.5", "-1", "")] == [
        SENT_AT,
        None,
        None,
        None,
    ]
