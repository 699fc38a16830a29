"""The 44 relations between two companies and how a sentence shows them; causes and effects between goods."""

from typing import NamedTuple

from assl_utils.corpus.grammar import patterns
from assl_utils.tasks.catalog import EVENTS, RELATIONS

ACTIVE = {
    "收购": """
{a}[已完成|完成了]对{b}的收购
{a}以{amount}[全资收购了|收购了]{b}{pct}股权
{a}[成功收购|宣布收购]{b}，[成交价|作价]{amount}
""",
    "拟收购": """
{a}[拟|计划]收购{b}{pct}股权，[目前尚未签署协议|预计交易金额{amount}]
{a}[正筹划|打算]以{amount}[收购|买下]{b}
""",
    "注资": """
{a}[向|对]{b}注资{amount}
{a}[再次|]向{b}注入资金{amount}，[支持其经营|改善其资本状况]
""",
    "入股": """
{a}[出资{amount}入股|入股]{b}，[成为其第二大股东|成为其战略投资者]
{b}引入战略投资者{a}，{a}[以{amount}入股|正式入股]
""",
    "增持": """
{a}[通过二级市场增持|增持了]{b}{shares}
{a}[再度增持|大举增持]{b}，持股比例升至{pct}
""",
    "减持": """
{a}[通过大宗交易减持|减持了]{b}{shares}
{a}[再度减持|大举减持]{b}，套现{amount}
""",
    "持股": """
{a}[持有|目前持有]{b}{pct}股份
截至{period}末，{a}持股{b}{shares}
""",
    "拥有": """
{a}[拥有|旗下拥有]{b}等[多家子公司|多个品牌]
{b}是{a}[旗下子公司|旗下的全资子公司]
""",
    "转让": """
{a}将所持{product}资产转让给{b}，[转让价|价格]{amount}
{a}[拟向|向]{b}转让{project}，[作价|对价]{amount}
""",
    "成立": """
{a}[出资{amount}成立|在{place}成立]{b}
{a}[宣布成立|发起成立]全资子公司{b}
""",
    "分析": """
{a}[发布研报分析|分析]了{b}的{product}业务
{a}[研究员认为|在研报中指出]，{b}{product}业务[前景广阔|值得关注]
""",
    "帮助": """
{a}[帮助|协助]{b}[渡过难关|化解债务风险|拓展{product}市场]
在{a}的[帮助|扶持]下，{b}[走出困境|恢复生产]
""",
    "发行": """
{a}[发行了|作为管理人发行]“{b}”产品，[规模|募集规模]{amount}
{a}[获准发行|成功发行]“{b}”，发行规模{amount}
""",
    "借壳": """
{a}[拟借壳|借壳]{b}上市
{a}[通过借壳|将借壳]{b}登陆A股，[作价|交易价]{amount}
""",
    "欠款": """
{a}[拖欠|欠下]{b}货款{amount}
{a}欠{b}的{amount}借款[尚未归还|已经逾期]
""",
    "买资": """
{a}[购买|买入]{b}的{product}资产，[价格|总价]{amount}
{a}[以{amount}买下|出价{amount}购得]{b}的{project}
""",
}
SYMMETRIC = {
    "合作": """
{a}与{b}[合作开发|联手推广]{product}
{a}[和|与]{b}在{product}领域[展开合作|加强合作]
""",
    "签约": """
{a}与{b}在{place}[签约|签署协议]，[共建{project}|总投资{amount}]
{a}[和|与]{b}[举行签约仪式|正式签约]
""",
    "合并": """
{a}与{b}[宣布合并|完成合并]，[合并后市值达|新公司估值]{amount}
{a}[将与|和]{b}合并为一家公司
""",
    "合资": """
{a}与{b}[合资设立|共同出资组建][新公司|项目公司]，注册资本{amount}
{a}[和|与]{b}的合资公司在{place}[落户|揭牌]
""",
    "竞争": """
{a}与{b}在{product}市场[竞争激烈|展开激烈竞争]
在{product}市场，{a}的[主要竞争对手|竞争对手]是{b}
""",
    "纠纷": """
{a}与{b}[因货款问题对簿公堂|陷入专利纠纷]，[涉案金额|涉及金额]{amount}
{a}[和|与]{b}的合同纠纷案[开庭审理|在{place}法院开庭]
""",
    "商讨": """
{a}与{b}[正在商讨|商谈]{product}[项目事宜|业务整合方案]
{a}[和|与]{b}高层[举行会谈|进行磋商]，[讨论|商讨]{project}建设
""",
    "订单": """
{a}与{b}达成{amount}{product}订单
{a}[和|与]{b}之间的{product}[订单金额达|大单总额为]{amount}
""",
    "交易": """
{a}与{b}[发生关联交易|进行资产交易]，交易金额{amount}
{a}[和|与]{b}的日常关联交易[总额|额度]为{amount}
""",
    "重组": """
{a}与{b}[进行|筹划]重大资产重组，[涉及金额|标的作价]{amount}
{a}[和|与]{b}的重组方案[获批准|已获通过]
""",
    "自己": """
{a}（[简称|下称]“{b}”）[发布公告|今日停牌]
{a}[更名为|正式更名为]{b}
""",
}
NONE_PATTERNS = patterns("""
{a}[收涨|涨]{spct}，{b}[收跌|跌]{spct2}
{a}、{b}等[多股涨停|个股活跃|公司发布了公告]
{a}{period}净利润[增长|下降]{pct}，{b}净利润[增长|下降]{pct2}
{person}曾先后任职于{a}和{b}
{a}位于{place}，而{b}[主要生产{product}|主营{product}业务]
{a}和{b}[均入选|同时入选]{place}企业百强名单
""")
SAYS_PASSIVE = frozenset("收购 入股 增持 减持 持股 拥有 成立 分析 帮助 发行 借壳 注资".split())  # 即…被…: reads well
RELATION_PATTERNS = {name: patterns(text) for name, text in (ACTIVE | SYMMETRIC).items()}
INVERSE = {name: "被" + name for name in ACTIVE}
assert (*ACTIVE, *INVERSE.values(), *SYMMETRIC, "其他") == RELATIONS, (
    "the lexicon words other relations than the task has"
)
DOUBLE_PATTERNS = tuple(
    (tuple(names.split("+")), pattern)
    for names, text in (
        ("增持+持股", "{a}[再次增持|增持]{b}{shares}，[目前持有|合计持有]其{hold2}股份"),
        ("减持+持股", "{a}减持{b}{shares}后，[仍持有|还持有]其{hold2}股份"),
        ("持股+拟收购", "{a}[已持有|持有]{b}{hold2}股份，[现拟|并计划]收购其剩余股权"),
        ("签约+合作", "{a}与{b}[签约|签署协议]，双方将[合作开发|合作推广]{product}"),
        ("欠款+纠纷", "{a}拖欠{b}货款{amount}，双方[对簿公堂|陷入合同纠纷]"),
        ("入股+合作", "{a}出资{amount}入股{b}，[双方将合作开发|并与其合作开发]{product}"),
    )
    for pattern in patterns(text)
)  # the first relation is the one the sentence begins with

# which good makes which: costs are passed on along these arrows only
CHAINS = tuple(
    tuple(pair.split("-"))
    for pair in (
        "铁矿石-钢材 焦炭-钢材 煤炭-焦炭 煤炭-电力 煤炭-水泥 煤炭-甲醇 煤炭-尿素 原油-PVC 原油-化肥 纯碱-玻璃 "
        "玉米-生猪 豆粕-生猪 玉米-鸡蛋 大豆-豆粕 生猪-猪肉 碳酸锂-动力电池 硅料-光伏组件 芯片-面板 铜-动力电池 "
        "铝-光伏组件 天然气-化肥 天然气-玻璃 白糖-饮料 玉米-白酒 大豆-豆油 面板-手机 芯片-手机 钢材-汽车 "
        "动力电池-汽车 橡胶-轮胎"
    ).split()
)
FIELD_GOODS = tuple(
    "煤炭 铁矿石 水泥 玉米 大豆 生猪 鸡蛋 白糖 棉花 橡胶 尿素 化肥 钢材 铜 玻璃 纯碱".split()
)  # weather moves these


FARM_GOODS = tuple("玉米 大豆 生猪 鸡蛋 白糖 棉花 橡胶".split())  # a drought moves only these


class Cause(NamedTuple):
    """A cause: its type, the direction in which it moves a price, and its wordings over ``{c}``."""

    label: str
    sign: int
    kind: str  # what {c} is: good, place or office
    says: tuple


CAUSES = tuple(
    Cause(label, sign, kind, patterns(says))
    for label, sign, kind, says in (
        ("需求增加", 1, "good", "{c}下游需求[旺盛|明显增加|回暖]\n{c}消费[回升|进入旺季]"),
        ("需求减少", -1, "good", "{c}下游需求[低迷|明显减少|疲软]\n{c}消费[下滑|进入淡季]"),
        ("供给减少", 1, "good", "{c}[供应紧张|产量下降|供应减少]\n{c}[企业限产|装置集中检修]"),
        ("供给增加", -1, "good", "{c}[供应过剩|产量增加|供应宽松]\n{c}[新产能投放|企业集中复产]"),
        ("库存减少", 1, "good", "{c}库存[持续下降|降至低位]"),
        ("库存增加", -1, "good", "{c}库存[持续增加|升至高位]"),
        ("成本上升", 1, "good", "{c}[价格上涨带动成本上升|采购成本大幅上升]\n原料{c}[涨价|成本走高]"),
        ("成本下降", -1, "good", "{c}[价格下跌带动成本下降|采购成本大幅下降]\n原料{c}[降价|成本走低]"),
        ("进口减少", 1, "good", "{c}进口量[减少|大幅下降]"),
        ("进口增加", -1, "good", "{c}进口量[增加|大幅上升]"),
        ("台风", 1, "place", "{c}[遭遇台风|受台风影响|台风来袭]"),
        ("暴雨洪涝", 1, "place", "{c}[遭遇暴雨|发生洪涝|持续强降雨]"),
        ("干旱", 1, "place", "{c}[持续干旱|遭遇旱情]"),
        ("疫情", -1, "place", "{c}[疫情反复|暴发疫情]"),
        ("环保限产", 1, "place", "{c}[环保督查趋严|实施环保限产]"),
        ("运输受阻", 1, "place", "{c}[运输受阻|港口拥堵|道路封闭]"),
    )
)
EFFECTS = {
    1: (
        ("市场价格提升", patterns("{e}价格[上涨|走高|上调]{gpct}\n{e}[市场价格|报价][上涨|上升]{gpct}")),
        ("产品利润增加", patterns("{e}[行业利润|利润]增加{gpct}\n{e}企业[盈利改善|毛利率上升]")),
        ("企业停产", patterns("{e}企业[被迫停产|停工停产]\n{e}生产线停产")),
    ),
    -1: (
        ("市场价格下降", patterns("{e}价格[下跌|走低|下调]{gpct}\n{e}[市场价格|报价][下跌|下降]{gpct}")),
        ("产品利润下降", patterns("{e}[行业利润|利润]减少{gpct}\n{e}企业[盈利恶化|毛利率下降]")),
        ("销量减少", patterns("{e}销量[下滑|减少]{gpct}")),
    ),
}
CAUSAL_FRAMES = patterns("""
受{cause}影响，{effect}
由于{cause}，{effect}
{cause}，导致{effect}
{cause}，[致使|使得]{effect}
{effect}，[主要原因是|原因在于|主要因为]{cause}
因{cause}，{lead}{effect}
{effect}，[业内人士认为是|分析称是]{cause}所致
""")
EFFECT_ONLY = patterns("""
{effect}，[市场交投一般|商家随行就市|成交情况平稳]
{lead}{effect}，[后市有待观察|买卖双方观望]
""")

assert {c.label for c in CAUSES} | {label for effects in EFFECTS.values() for label, _ in effects} <= set(EVENTS)
