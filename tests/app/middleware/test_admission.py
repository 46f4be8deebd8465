"""Admission: who is refused at the door.

That a refusal says when to come again, and comes before the body is read, is held by `test_classify`.
"""

from app.http.paths import RULES
from app.http.refusals import QUEUE


def test_every_route_that_may_be_refused_for_the_queue_is_guarded(client):
    described = client.get("/openapi.json").json()["paths"]
    posts = {path: methods["post"]["responses"] for path, methods in described.items() if "post" in methods}
    refused = {path for path, answers in posts.items() if answers.get("503", {}).get("description") == QUEUE[503]}
    assert refused == {rules.path for rules in RULES if rules.guarded}
