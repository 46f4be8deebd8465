import pytest

from app.http.paths import RULES, rules_of


def those(rule):
    return {rules.path for rules in RULES if getattr(rules, rule)}


def test_what_stays_open_while_draining_is_what_watches_over_the_service():
    assert those("open_while_draining") == {"/health/live", "/v2/health/live", "/metrics"}


def test_only_what_is_asked_again_and_again_by_who_watches_is_not_traced():
    health = {"/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready"}
    assert {rules.path for rules in RULES if not rules.traced} == health | {"/metrics"}


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("/page/main.js", "/page/"),
        ("/static-offline-docs/swagger-ui.css", "/static-offline-docs/"),
        ("/v2/models/odenet/infer", "/v2/models/{name}/infer"),
        ("/v2/models/odenet/versions/1/infer", "/v2/models/{name}/versions/{version}/infer"),
        ("/", "/"),
    ],
)
def test_a_path_has_the_rules_of_its_route_or_of_its_folder(path, rule):
    assert rules_of(path).path == rule


@pytest.mark.parametrize(
    "path", ["/page", "/pages/x", "/health", "/docs/x", "/classify/", "/v2/models/a/b/infer", "/metrics/", "//", ""]
)
def test_a_path_that_is_only_like_one_of_them_needs_a_key(path):
    rules = rules_of(path)
    assert rules.needs_key and not rules.guarded and not rules.open_while_draining
