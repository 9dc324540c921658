"""Requests that nobody thinks of, made by schemathesis from what the app says of itself."""


def test_no_request_is_too_much_for_the_app(quick, fuzz):
    import schemathesis  # it takes long to import: not in every process that collects the tests

    answered = fuzz(schemathesis.openapi.from_asgi("/openapi.json", quick.app), examples=3)
    assert answered.total() > 20
    assert {200, 422} <= set(answered)
