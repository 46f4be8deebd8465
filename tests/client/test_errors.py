import httpx2 as httpx

from client import CardiodeError, FieldError


def test_a_problem_is_told_with_its_fields():
    body = {"type": "about:blank", "title": "Unprocessable Content", "status": 422, "detail": "beats: too short"}
    errors = [{"field": "beats", "message": "too short"}]
    headers = {"content-type": "application/problem+json"}
    error = CardiodeError.of(httpx.Response(422, json=body | {"errors": errors}, headers=headers))
    assert (error.status, error.title, error.detail) == (422, "Unprocessable Content", "beats: too short")
    assert error.errors == (FieldError("beats", "too short"),)
    assert str(error) == "422 Unprocessable Content: beats: too short"


def test_what_is_no_problem_is_told_as_it_came_and_not_at_length():
    error = CardiodeError.of(httpx.Response(502, text="<html>" + "x" * 10_000))
    assert (error.status, error.title, error.errors) == (502, "Bad Gateway", ())
    assert error.detail.startswith("<html>xx") and len(error.detail) == 500
