from typing import Any

import numpy as np
import pytest
import torch

from ecg import BeatsInContext
from models import Classifier, Solver
from models.networks.architecture import (
    CommitteeArchitecture,
    ODENetArchitecture,
    ResNetArchitecture,
    RhythmODENetArchitecture,
)
from ode import Cost, Status


@pytest.fixture
def committee():
    torch.manual_seed(0)
    return CommitteeArchitecture(members=3, of=RhythmODENetArchitecture()).build(5).eval()


@pytest.fixture
def rows(beats_in_context):
    return torch.from_numpy(beats_in_context.values)


def said(network, rows, solver=None):
    with torch.no_grad():
        return network(rows, solver)


def test_its_logits_are_the_mean_of_its_members(committee, rows):
    members = [said(member, rows).logits for member in committee.members]
    assert not torch.allclose(members[0], members[1])
    torch.testing.assert_close(said(committee, rows).logits, sum(members) / 3)


def test_a_beat_costs_what_all_members_cost_and_is_as_wrong_as_the_worst(committee, rows):
    solver = Solver("dopri5", rtol=1e-5, atol=1e-5)
    together = said(committee, rows, solver).solution
    each = [said(member, rows, solver).solution for member in committee.members]
    total = Cost.together([solution.cost for solution in each])
    for name, column in vars(total).items():
        torch.testing.assert_close(getattr(together.cost, name), column)
    torch.testing.assert_close(together.states, torch.cat([solution.states for solution in each], dim=1))


def test_where_one_member_fails_the_beat_has_failed(committee, rows):
    with torch.no_grad():
        next(committee.members[1].dynamics.parameters()).fill_(float("nan"))
    assert (said(committee.members[0], rows).solution.cost.status == int(Status.OK)).all()
    assert (said(committee, rows).solution.cost.status == int(Status.NON_FINITE)).all()


def test_a_classifier_asks_it_for_beats_as_its_members_take_them(committee, beats_in_context):
    classifier = Classifier(committee, Solver())
    assert classifier.in_context
    decisions = classifier.classify(beats_in_context)
    assert decisions.probabilities.shape == (len(beats_in_context), 5)
    alone = classifier.classify(BeatsInContext(beats_in_context.values[3:4]))
    np.testing.assert_allclose(alone.probabilities[0], decisions.probabilities[3], atol=1e-5)


@pytest.mark.parametrize(("of", "in_context"), [(ResNetArchitecture(), False), (RhythmODENetArchitecture(), True)])
def test_an_architecture_tells_which_beats_its_network_takes(of, in_context):
    architecture = CommitteeArchitecture(members=2, of=of)
    assert architecture.in_context == of.in_context == in_context == architecture.build(5).in_context
    assert architecture.solver == of.solver


def test_networks_without_a_solver_can_sit_in_one_too():
    network = CommitteeArchitecture(members=2, of=ResNetArchitecture(blocks=1)).build(5).eval()
    output = said(network, torch.rand(2, 187))
    assert output.solution is None and output.logits.shape == (2, 5)


def test_a_committee_may_be_of_one_whose_decisions_are_its_own(beats):
    committee: Any = CommitteeArchitecture(members=1, of=ResNetArchitecture(blocks=1)).build(5).eval()
    values = torch.from_numpy(beats[:3])
    torch.testing.assert_close(committee(values).logits, committee.members[0](values).logits)


def test_of_none_it_is_not():
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        CommitteeArchitecture(members=0, of=ODENetArchitecture())
