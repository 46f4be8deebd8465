"""Admission: who is refused at the door.

That a refusal says when to come again, and comes before the body is read, is held by `test_classify`.
"""

from app.admission import ASKING
from app.refusals import QUEUE


def test_every_route_that_asks_the_batcher_is_guarded(client):
    described = client.get("/openapi.json").json()["paths"]
    posts = {path: methods["post"]["responses"] for path, methods in described.items() if "post" in methods}
    waiting = {path for path, answers in posts.items() if answers.get("503", {}).get("description") == QUEUE[503]}
    # That of a recording has to find the recording first.
    assert waiting - {"/recordings/{recording_id}/decisions"} == {route.path for route in ASKING}
