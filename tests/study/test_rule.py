"""The rule's arithmetic against other libraries and by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from pasta_lib.study.claims import rule
from pasta_lib.study.claims.rule import Estimate, Known, Region, VarianceRatio

FIRST, SECOND = np.array([71.4, 71.8, 70.9]), np.array([72.0, 71.7, 72.2, 72.9])


def test_seeds_alone_give_welchs_test():
    found = rule.difference(FIRST, SECOND)
    welch = stats.ttest_ind(FIRST, SECOND, equal_var=False)
    assert found.interval() == pytest.approx(tuple(welch.confidence_interval()))
    assert found.outside(Region(low=0.0)) == pytest.approx(welch.pvalue)
    assert found.inside(Region(low=0.0)) == 1.0


def test_an_interval_ends_where_no_such_number_can_lie_and_decides_as_before():
    # t(0.975; 2) = 4.302653
    free, rank = Estimate(0.9, 0.1, 2), Estimate(0.9, 0.1, 2, Region(-1, 1))
    assert free.interval() == (pytest.approx(0.4697347), pytest.approx(1.3302653))
    assert rank.interval() == (pytest.approx(0.4697347), 1)
    assert rank.inside(Region(low=0.4)) == free.inside(Region(low=0.4)) < 0.05


def test_rows_widen_the_interval_and_add_degrees_of_freedom():
    alone, both = rule.difference(FIRST, SECOND), rule.difference(FIRST, SECOND, (4.0, 101))
    parts = [np.var(FIRST, ddof=1) / 3, np.var(SECOND, ddof=1) / 4, 4.0]
    assert both.error == pytest.approx(math.sqrt(sum(parts)))
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 2 + parts[1] ** 2 / 3 + parts[2] ** 2 / 100)
    assert both.df == pytest.approx(freedom)
    assert (both.value, both.error > alone.error) == (alone.value, True)


def test_many_draws_are_judged_at_once():
    first, second = np.stack([FIRST, FIRST + 5]), np.stack([SECOND, SECOND])
    found = rule.difference(first, second)
    alone = rule.difference(FIRST, SECOND)
    assert found.value == pytest.approx([alone.value, alone.value + 5])
    assert found.inside(Region(low=0.0))[0] == alone.inside(Region(low=0.0))


@pytest.mark.parametrize(
    "region, inside, outside",
    [
        (Region(low=0.9), True, False),
        (Region(low=1.1), False, False),
        (Region(low=3.1), False, True),
        (Region(0.9, 3.1), True, False),
        (Region(0.9, 2.9), False, False),
        (Region(-1.0, 0.9), False, True),
        (Region(high=3.1), True, False),
    ],
)
def test_all_or_none_of_the_interval_decides(region, inside, outside):
    # t(0.975; 4) = 2.776445
    found = Estimate(2.0, 1 / 2.776445, 4)
    assert found.interval() == (pytest.approx(1.0), pytest.approx(3.0))
    assert (found.inside(region) <= 0.05, found.outside(region) <= 0.05) == (inside, outside)
    whole = Known(2.0, 1.0, 3.0)
    assert (whole.inside(region) <= 0.05, whole.outside(region) <= 0.05) == (inside, outside)


def test_without_a_spread_or_with_one_seed_nothing_is_decided():
    same = rule.difference(np.array([60.0, 60.0]), np.array([50.0, 50.0]))
    single = rule.difference(np.array([60.0]), np.array([50.0, 51.0]))
    for found in (same, single):
        assert (found.value > 9, found.inside(Region(low=0.0))) == (True, 1.0)
        assert found.outside(Region(low=90.0)) == 1.0


def test_a_ratio_of_variances_is_fishers():
    found = VarianceRatio(0.1, 2, 10)
    assert found.inside(Region(high=1.0)) == pytest.approx(2 * stats.f.cdf(0.1, 2, 10))
    low, high = found.interval()
    assert stats.f.sf(0.1 / low, 2, 10) == pytest.approx(0.025)
    assert stats.f.cdf(0.1 / high, 2, 10) == pytest.approx(0.025)
    assert found.outside(Region(high=1.0)) == 1.0
    for none in (VarianceRatio(0.0, 2, 10), VarianceRatio(math.inf, 2, 10)):
        assert none.inside(Region(high=1.0)) == none.outside(Region(high=1.0)) == 1.0


@pytest.mark.parametrize("ratio", [0.1, 1.0, 30.0])
def test_a_ratio_said_to_be_large_is_tested_from_the_other_side(ratio):
    found, more = VarianceRatio(ratio, 2, 10), Region(low=1.0)
    upper, lower = stats.f.sf(ratio, 2, 10), stats.f.cdf(ratio, 2, 10)
    assert found.inside(more) == pytest.approx(min(1, 2 * upper))
    assert found.outside(more) == pytest.approx(min(1, 2 * lower))


def test_a_difference_of_estimates_adds_their_variances():
    found = rule.minus(Estimate(3.0, 0.3, 4), Estimate(1.0, 0.4, 4))
    assert (found.value, found.error) == (2.0, pytest.approx(0.5))
    # Satterthwaite: 0.25² / (0.09²/4 + 0.16²/4)
    assert found.df == pytest.approx(0.0625 / ((0.0081 + 0.0256) / 4))


def test_a_mean_of_tasks_adds_their_variances_and_tasks_in_general_take_their_own():
    parts = [Estimate(1.0, 0.3, 4), Estimate(3.0, 0.4, 4)]
    these = rule.mean_of(parts)
    assert (these.value, these.error) == (2.0, pytest.approx(0.25))
    assert these.df == pytest.approx((0.09 + 0.16) ** 2 / (0.09**2 / 4 + 0.16**2 / 4))
    general = rule.in_general(np.array([1.0, 3.0, 5.0]))
    expected = stats.t.interval(0.95, 2, 3.0, 2 / math.sqrt(3))
    assert general.interval() == pytest.approx(expected)


def test_r_of_k_lies_between_bonferroni_and_the_largest():
    p = np.array([0.2, 0.01, 0.03])
    assert rule.at_least(p, 1) == pytest.approx(3 * 0.01)
    assert rule.at_least(p, 2) == pytest.approx(2 * 0.03)
    assert rule.at_least(p, 3) == pytest.approx(0.2)
    assert [rule.most(k) for k in (1, 2, 3, 4, 7)] == [1, 2, 2, 3, 4]


def test_holms_example():
    # in order 0.01 · 4, 0.02 · 3, then no less than that, 0.9 · 1
    assert rule.holm([0.03, 0.01, 0.9, 0.02]) == pytest.approx([0.06, 0.04, 0.9, 0.06])
    assert rule.holm([]) == []
