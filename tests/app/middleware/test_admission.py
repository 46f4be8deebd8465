"""Admission: who is refused at the door.

That a refusal says when to come again, and comes before the body is read, is held by `test_classify`.
"""

from app.http.refusals import QUEUE
from app.middleware.admission import GUARDED


def test_every_route_that_may_be_refused_for_the_queue_is_guarded(client):
    described = client.get("/openapi.json").json()["paths"]
    posts = {path: methods["post"]["responses"] for path, methods in described.items() if "post" in methods}
    refused = {path for path, answers in posts.items() if answers.get("503", {}).get("description") == QUEUE[503]}
    assert refused == {route.path for route in GUARDED}
