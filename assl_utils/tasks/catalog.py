"""The 23 training sources (Table 3 of the paper), their tasks and their label sets."""

from dataclasses import dataclass

TASKS = {
    "sentiment": "情感分析",
    "classification": "文本分类",
    "generation": "文本生成",
    "extraction": "信息抽取",
    "matching": "语义匹配",
    "qa": "金融问答",
    "exam": "金融考试选择题",
}
SUBTASKS = {  # sub-task: (task, Chinese name)
    "sentiment": ("sentiment", "情感分析"),
    "stock_movement": ("sentiment", "股票走势判断"),
    "news_classification": ("classification", "金融新闻分类"),
    "negative_news": ("classification", "金融负面消息及其主体判定"),
    "summary": ("generation", "新闻摘要"),
    "event_subject": ("extraction", "事件类型与实体识别"),
    "relation": ("extraction", "关系抽取"),
    "ner": ("extraction", "命名实体识别"),
    "matching": ("matching", "语义匹配"),
    "qa": ("qa", "问答"),
    "causal_qa": ("qa", "因果问答"),
    "single_choice": ("exam", "单项选择题"),
    "multiple_choice": ("exam", "多项选择题"),
}
OWN = {}  # sub-tasks of one's own, added by `assl_utils.tasks.own.add`, to the form of their answers: label or text
FORMS = {"negative_news": ("judge", "subject")}  # every other sub-task has the single form ""
FLOORS = {"nsp": 6}  # asked in two forms, and two of CFLEB's seven scores depend on this source alone
TOPICS = tuple("中国 外国 国际 公司 行业 大盘 经济 政策 政治 期货 债券 房地产 外汇 虚拟货币 新冠 能源".split())
RELATIONS = tuple(
    """
    收购 拟收购 注资 入股 增持 减持 持股 拥有 转让 成立 分析 帮助 发行 借壳 欠款 买资 被收购 被拟收购 被注资 被入股
    被增持 被减持 被持股 被拥有 被转让 被成立 被分析 被帮助 被发行 被借壳 被欠款 被买资 合作 签约 合并 合资 竞争
    纠纷 商讨 订单 交易 重组 自己 其他
""".split()
)
EVENTS = tuple(
    """
    业绩增长 业绩下滑 亏损 扭亏为盈 股份回购 股东增持 股东减持 股份质押 解除质押 企业收购 重组失败 签署合同
    战略合作 涉及诉讼 行政处罚 信批违规 财务造假 交易违规 债务违约 发行债券 评级上调 评级下调 高管变动 高管负面
    公司上市 企业融资 失联跑路 提现困难 涉嫌非法集资 投诉维权 产品违规 安全事故 产品发布 产品获批 投资扩产 停产停业
    裁员 企业破产 退市风险 分红派息 召开会议 停牌 设立子公司 澄清说明 限售解禁 需求增加 需求减少 供给减少 供给增加
    库存减少 库存增加 成本上升 成本下降 进口减少 进口增加 台风 暴雨洪涝 干旱 疫情 环保限产 运输受阻 市场价格提升
    产品利润增加 企业停产 市场价格下降 产品利润下降 销量减少
""".split()
)
LABELS = {
    "sentiment": ("积极", "中性", "消极"),
    "stock_movement": ("跑赢大盘", "中性", "表现不佳"),
    "news_classification": TOPICS,
    "negative_news": ("有", "无"),
    "relation": RELATIONS,
    "event_subject": EVENTS,
    "ner": ("PER", "ORG", "LOC"),
    "matching": ("是", "否"),
    "qa": ("无相应参数",),
    "causal_qa": ("无参数",),
}


@dataclass(frozen=True)
class Source:
    """One row of Table 3.

    Attributes
    ----------
    slug : str
        Name in file names, row ids and tables.
    paper_name : str
        Name as the paper prints it.
    task, subtask : str
        Keys of ``TASKS`` and ``SUBTASKS``.
    paper_count : int
        Number of examples in Table 3.
    overlap : str
        What it shares with a benchmark; "" where no overlap is known.
    """

    slug: str
    paper_name: str
    task: str
    subtask: str
    paper_count: int
    overlap: str = ""


def _source(slug, paper_name, subtask, count, overlap=""):
    return Source(slug, paper_name, SUBTASKS[subtask][0], subtask, count, overlap)


_ALL = (
    _source("fe", "flare-zh-fe", "sentiment", 2020, "is FinFE's evaluation list"),
    _source("stocka", "flare-zh-stocka", "stock_movement", 1477),
    _source("stockb", "flare-zh-stockb", "sentiment", 1962),
    _source("cfsc_absa", "CFSC-ABSA", "sentiment", 33184),
    _source("finnl", "ficuge-finnl", "news_classification", 7071, "a few texts of FinNL's evaluation list"),
    _source("nl", "flare-zh-nl", "news_classification", 884, "is FinNL's evaluation list"),
    _source("nl2", "flare-zh-nl2", "news_classification", 884, "is FinNL's evaluation list, labels glued"),
    _source("nsp", "flare-zh-nsp", "negative_news", 500, "is FinNSP's evaluation list"),
    _source("finna", "fincuge-finna", "summary", 28799),
    _source("na", "flare-zh-na", "summary", 3600, "is FinNA's evaluation list"),
    _source("19ccks", "flare-zh-19ccks", "event_subject", 2936),
    _source("20ccks", "flare-zh-20ccks", "event_subject", 9159),
    _source("21ccks", "flare-zh-21ccks", "event_subject", 1400),
    _source("22ccks", "flare-zh-22ccks", "event_subject", 11829),
    _source("finre", "fincuge-finre", "relation", 13486, "a few sentences of FinRE's evaluation list"),
    _source("ner", "flare-zh-ner", "ner", 337),
    _source("corpus", "flare-zh-corpus", "matching", 10000),
    _source("afqmc", "flare-zh-afqmc", "matching", 4316),
    _source("finqa", "fincuge-finqa", "qa", 19906, "shares contexts with FinQA's evaluation list"),
    _source("fincqa", "fincuge-fincqa", "causal_qa", 21965),
    _source("financeiq", "Duxiaoman/FinanceIQ", "single_choice", 3573),
    _source("fineval", "fingpt-fineval", "single_choice", 1056, "is four fifths of FinEval's public questions"),
    _source("fincorpus", "Duxiaoman/FinCorpus", "multiple_choice", 40000),
)
SOURCES = {source.slug: source for source in _ALL}


def counts(scale=1.0, floor=0):
    """Return the number of rows per source, in Table 3's order: the paper's count times ``scale``, at least ``floor``.

    A source of ``FLOORS`` gets so many floors.
    """
    if scale <= 0 or floor < 0:
        raise ValueError(f"scale must be positive and floor not negative, got scale={scale}, floor={floor}")
    return {
        slug: max(floor * FLOORS.get(slug, 1), round(source.paper_count * scale)) for slug, source in SOURCES.items()
    }
