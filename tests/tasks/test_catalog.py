"""The registry agrees with the paper's Table 3 and its label sets."""

from itertools import permutations

import pytest

from assl_utils.tasks import catalog

# Table 3, typed off the page
TABLE_3 = """
flare-zh-fe 2020
flare-zh-stocka 1477
flare-zh-stockb 1962
CFSC-ABSA 33184
ficuge-finnl 7071
flare-zh-nl 884
flare-zh-nl2 884
flare-zh-nsp 500
fincuge-finna 28799
flare-zh-na 3600
flare-zh-19ccks 2936
flare-zh-20ccks 9159
flare-zh-21ccks 1400
flare-zh-22ccks 11829
fincuge-finre 13486
flare-zh-ner 337
flare-zh-corpus 10000
flare-zh-afqmc 4316
fincuge-finqa 19906
fincuge-fincqa 21965
Duxiaoman/FinanceIQ 3573
fingpt-fineval 1056
Duxiaoman/FinCorpus 40000
"""
# Figure 12, typed off the page
FIGURE_12 = (
    "分析、借壳、合作、转让、买资、入股、商讨、被拟收购、被成立、重组、自己、被注资、被分析、被帮助、交易、被持股、被入股、注资、成立、被买资、"
    "被借壳、增持、被拥有、发行、订单、拥有、纠纷、被增持、被转让、合资、减持、欠款、其他、被减持、签约、拟收购、被收购、合并、帮助、被发行、"
    "被欠款、持股、收购、竞争"
)


def test_registry_is_table_3_row_by_row():
    printed = [(name, int(count)) for name, count in (line.split() for line in TABLE_3.strip().splitlines())]
    assert [(s.paper_name, s.paper_count) for s in catalog.SOURCES.values()] == printed
    assert sum(count for _, count in printed) == 220_344, "the paper's total"


def test_every_source_has_a_known_subtask_of_its_task():
    for slug, source in catalog.SOURCES.items():
        assert source.slug == slug
        assert catalog.SUBTASKS[source.subtask][0] == source.task
    assert {s.task for s in catalog.SOURCES.values()} == set(catalog.TASKS)
    assert {s.subtask for s in catalog.SOURCES.values()} == set(catalog.SUBTASKS)
    assert (len(catalog.TASKS), len(catalog.SUBTASKS)) == (7, 13)


def test_relations_are_those_of_figure_12():
    assert set(catalog.LABELS["relation"]) == set(FIGURE_12.split("、"))
    assert len(catalog.LABELS["relation"]) == 44


def test_news_labels_can_be_read_without_a_separator():
    labels = catalog.LABELS["news_classification"]
    assert len(labels) == 16
    assert not any(a.startswith(b) for a, b in permutations(labels, 2)), "a prefix would make glued labels ambiguous"


def test_counts_worked_by_hand():
    rows = catalog.counts(scale=0.0165, floor=60)
    assert (rows["fe"], rows["cfsc_absa"], rows["fincorpus"], rows["nsp"]) == (60, 548, 660, 6 * 60)
    assert list(rows) == list(catalog.SOURCES)
    assert catalog.counts() == {slug: s.paper_count for slug, s in catalog.SOURCES.items()}


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="scale must be positive"):
        catalog.counts(scale=0)
