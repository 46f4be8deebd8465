import pytest

from tests.app.routes.test_classify import assert_problem


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/recordings/1", {"GET", "DELETE"}),
        ("/recordings/1/decisions", {"POST"}),
        ("/classify", {"POST"}),
        ("/models", {"GET"}),
    ],
)
def test_a_method_that_a_path_does_not_know_is_refused_with_all_that_it_knows(client, path, allowed):
    for method in {"GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"} - allowed:
        response = client.request(method, path)
        assert_problem(response, 405)
        assert set(response.headers["allow"].split(", ")) == allowed
