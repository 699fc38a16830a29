"""A mirror in miniature: every path, format and trap of the real one, with a few rows that we wrote ourselves.

::

    held = data_replica.write(folder)  # folder/raw/…; held["raw/afqmc/dev.json"] is ("json_lines", "afqmc", 12)

and, for tests that ask the same of this one and of the real one, `place`::

    @pytest.fixture(scope="module", params=["replica", "real"])
    def place(request, tmp_path_factory):
        return data_replica.place(request.param, tmp_path_factory)
"""

import csv
import dataclasses
import functools
import hashlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from assl_utils.sources import formats, records
from assl_utils.tasks.catalog import LABELS
from assl_utils.tasks.subjects import subjects


def mirror():
    """The folder of the real mirror (it holds ``raw/``), or None where there is none."""
    named = os.environ.get("ASSL_DATA_ROOT")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    if named and not (folder / "raw").is_dir():
        raise NotADirectoryError(f"ASSL_DATA_ROOT={named}: there is no folder raw/ in it")
    return folder if (folder / "raw").is_dir() else None


def write(folder):
    """Write the replica below ``folder``.

    Returns
    -------
    dict
        Path (``raw/…``): its format, its shape and how many examples it holds, as the loader of that shape counts them;
        of ``questions`` the number of questions, of ``none`` 0.
    """
    for path, (content, *_) in contents().items():
        target = Path(folder) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return {path: tuple(held) for path, (_, *held) in contents().items()}


def as_held(entries, root):
    """The registry's entries with the numbers of the files in ``root``; files that are not there are left out."""

    def about(path, format):
        content = (root / path).read_bytes()
        return {"sha256": hashlib.sha256(content).hexdigest(), "rows": len(formats.records(root / path, format))}

    def file_as_held(file):
        held = [member for member in file.each() if (root / member.path).exists()]
        if not held:
            return None
        if "*" not in file.path:
            return dataclasses.replace(file, **about(file.path, file.format))
        members = tuple(dataclasses.replace(member, **about(member.path, file.format)) for member in held)
        return dataclasses.replace(file, members=members, rows=sum(member.rows for member in members))

    return {
        slug: dataclasses.replace(entry, files=tuple(filter(None, map(file_as_held, entry.files))))
        for slug, entry in entries.items()
    }


@dataclass(frozen=True)
class Place:
    """The replica or the real mirror; paths are those below ``raw/``."""

    root: Path
    real: bool

    def path(self, name):
        return self.root / "raw" / name

    def bytes(self, name):
        return self.path(name).read_bytes()

    def records(self, name):
        return formats.records(self.path(name), contents()[f"raw/{name}"][1], f"raw/{name}")

    def load(self, name, shape=None):
        """Its examples without their records' numbers, and why records were skipped."""
        examples, skipped = records.load(shape or contents()[f"raw/{name}"][2], self.records(name), f"raw/{name}")
        return [example for _, example in examples], skipped

    def examples(self, name, shape=None):
        return self.load(name, shape)[0]

    def is_(self, *, replica, real):
        """What is to be expected here."""
        return real if self.real else replica


def place(kind, tmp_path_factory):
    """The place of this kind; a test of the real one is skipped where there is none."""
    if kind == "replica":
        root = tmp_path_factory.mktemp("replica")
        write(root)
        return Place(root, False)
    if mirror() is None:
        pytest.skip("no mirror: set ASSL_DATA_ROOT to its folder")
    return Place(mirror(), True)


@functools.cache
def contents():
    """Path: its bytes, format, shape and number of examples."""
    files = [*_fincuge(), *_pairs(), *_stocks(), *_events(), *_exams(), *_samples()]
    return {f"raw/{path}": held for path, *held in files}


# --- how files are written --------------------------------------------------------------------------------------------


def _array(rows, end="\n", **style):
    return json.dumps(rows, ensure_ascii=False, **style).replace("\n", end).encode()


def _lines(rows, end="\n", last=True, ascii=False):
    text = end.join(json.dumps(row, ensure_ascii=ascii) for row in rows)
    return (text + end * last).encode()


def _table(rows, delimiter=",", end="\n", quoted=False, last=True):
    out = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return out.getvalue()[: None if last else -len(end)].encode()


def _asked(*inputs):
    return [{"id": number, "input": text} for number, text in enumerate(inputs)]


# --- FinCUGE: arrays in .json, the target in another column each time -------------------------------------------------

LONG_LINE = 12_000  # rows of the generated file, one line of more than a million characters

FINFE = [
    ["利好落地，明天加仓", 2],
    ["震荡一天，先看看再说", 1],
    ["又是跌停，割肉走人", 0],
    ["利好落地，明天加仓", 2],  # the same text again
    ["利好落地！明天加仓", 0],  # and with another label
    ["。。。。", 1],  # nothing is left of it when it is compared
    ["12.8", 1],
    ['"主力又在洗盘', 0],  # a quote that an earlier CSV left behind
    ['"拿住了"', 2],
    ["ＧＤＰ\u3000超预期", 2],
]
FINNL = [
    ["央行下调逆回购利率十个基点", "中国 政策"],
    ["岚海科技全年净利润翻番", "中国 公司 "],
    ["某国国债收益率创新高", "外国债券"],  # glued
    ["股指午后翻红", "中国大盘"],
    ["铜价连续第五日上涨", "国际  期货"],
    ["邻国议会通过预算", "外国 政治 经济"],
    ["某地楼市新政落地", " 中国 房地产 政策"],
    ["某交易所币价大跌", "国际 虚拟火币"],  # misspelt
    ["上市公司公告一则", "中国 公司、"],
    ["客服提示", "躯体"],
    ["某行业协会换届", "外中国 行业"],
    ["新冠疫苗在海外获批", "中国 中国 公司"],  # one label twice
    ["快讯", "中国"],
    ["两国公司签下能源大单", "中国 外国 公司 能源"],
]
_HEADER = ["\ufeffid", "title", "text", "entity", "negative", "key_entity"]
FINNSP = [
    ["a1", "", "岚海钱包平台涉嫌非法集资，投资人报案。", "岚海钱包;岚海钱包1", "1", "岚海钱包"],
    ["a2", "远山贷提现困难", "????#远山贷#\u3000投资人称无法提现<br/>客服失联", "远山贷;青石贷", "1", "远山贷;青石贷"],
    ["a3", "青石贷发布年报", "青石贷发布年报", "青石贷", "0", ""],
    _HEADER,
    ["a4", "????今日\u3000简讯", "????今日\u3000简讯，市场平稳。", "", "0", ""],
    ["a5", "白桦财富回应", "公司称经营正常。", "白桦财富;白桦财富;云杉网", "0", ""],
]
FINRE = [
    ["岚海科技", "青石电子", "收购", "岚海科技以<N>亿元收购青石电子。"],
    ["青石电子", "岚海科技", "被收购", "岚海科技以<N>亿元收购青石电子。"],
    ["岚海科技", "云杉银行", "unknown", "岚海科技与云杉银行同日发布年报。"],
    ["远山控股", "白桦能源", "增持", "远山控股增持白桦能源<N>万股，持股升至<N>%。"],
    ["远山控股", "白桦能源", "持股", "远山控股增持白桦能源<N>万股，持股升至<N>%。"],  # a second answer
]
FINQA = [
    ["本次收购的金额是多少？岚海科技公告，以3,208,417.5元收购青石电子，市场会买账吗？\n客户端下载", "3,208,417.5元"],
    [
        "收购事件对应的主体有哪些？岚海科技公告，以3,208,417.5元收购青石电子，市场会买账吗？\n客户端下载",
        "岚海科技,青石电子",
    ],
    ["被罚款的金额是多少？白桦能源发布澄清\u200b公告，称传闻不实。", "无相应参数"],
    ["公司上市事件对应的主体有哪些？云杉银行召开股东大会。", "无指定类型事件发生"],
    *([f"中标事件对应的主体有哪些？第{i}标段由{name}中标。", name] for i, name in enumerate("甲乙丙丁戊己庚辛", 1)),
]
FINNA = [
    [f"岚海科技第{i}期净利增{i}成", f"岚海科技公告，第{i}期实现净利润{i}亿元，同比增长{i}0%，主因订单增加。"]
    for i in range(1, 13)
]
FINCQA = [
    ["下文中台风导致供给减少事件对应的原因涉及的地区是？受台风影响，东州橡胶停割。###橡胶供给减少。", "东州"],
    ["下文中台风导致供给减少事件对应的结果涉及的产品是？受台风影响，东州橡胶停割。###橡胶供给减少。", "橡胶"],
    ["下文中需求增加导致市场价格提升事件对应的原因涉及的行业是？下游需求向好？纯碱、玻璃提价。", "无参数"],
]
CCKS2019 = [
    ["800001", "岚海科技(300001)大股东违规减持\x0c遭问询青石电子子公司存款被盗", "资金账户风险", "青石电子"],
    [
        "800001",
        "岚海科技(300001)大股东违规减持\x0c遭问询青石电子子公司存款被盗",
        "交易违规",
        "岚海科技",
    ],  # id, text twice
    ["800002", "某地首套房\xa0贷款平均利率为5.6%\u200b", "其他", "NaN"],
    ["800003", "白桦能源”\ufffd”致歉", "其他", "白桦能源"],
    ["800004", "云杉银行股价异动", "公司股市异常", "云杉银行"],
    ["800005", "有投资者称远山贷涉嫌传销", "涉嫌欺诈", "远山贷"],
]
FINNER = [
    {"text": "爱岚（Nasdaq:LAN）去年迁至东州市", "labels": ["爱岚（Nasdaq:LAN）:公司", "东州市:地址", "去年:会议"]},
    {"text": "厂房已满，订单排到明年", "labels": []},
    {
        "text": "《外商投资法》由商务局起草，负责人李青出席",
        "labels": ["外商投资法:政策/文件", "商务局:政府机构", "李青:人物"],
    },
    {"text": "芯片产品涨价", "labels": ["芯片:产品"]},
]


def _fincuge():
    """Every list of FinCUGE: path, bytes, format, shape, examples."""
    for path, rows, shape, examples in _fincuge_lists():
        yield f"fincuge-{path}.json", _array(rows), "json_array", shape, examples
    known = ["unknown", *(name for name in LABELS["relation"] if name != "其他")]
    relations = "\r\n".join(f"{name} {number}" for number, name in enumerate(known))  # no line end after the last
    yield "fincuge-finre/relation2id.txt", relations.encode(), "text", "none", 0


def _fincuge_lists():
    yield "finfe/train_list", FINFE, "fe", 10
    yield "finfe/eval_list", [["利好落地，明天加仓", 2], ["gdp 超预期！", 2], ["横盘整理", 1]], "fe", 3
    yield "finfe/problem_list", _asked("震荡一天，先看看再说", "满仓干"), "questions", 2
    held_out = [["欧债收益率走高", "外国  债券"], ["某公司上个月停产", "上个 公司"], ["油价走低", "国际 能源"]]
    yield "finnl/train_list", FINNL, "nl", 14
    yield "finnl/eval_list", held_out, "nl", 3
    yield "finnl/problem_list", _asked("某协会座谈", "某国大选"), "questions", 2
    held_out = [["b1", "", "云杉网被曝虚假宣传", "云杉网;白桦财富", "1", "云杉网"]]
    held_out += [["b2", "云杉网开业", "云杉网开业", "云杉网", "0", ""]]
    yield "finnsp/train_list", FINNSP, "nsp", 10
    yield "finnsp/eval_list", held_out, "nsp", 4
    yield "finnsp/problem_list", _asked(*(row[1:4] for row in FINNSP if row != _HEADER)), "questions", 5
    held_out = [["云杉银行", "远山控股", relation, "云杉银行与远山控股签约合作。"] for relation in ("合作", "签约")]
    yield "finre/train_list", FINRE, "re", 5
    yield "finre/eval_list", held_out, "re", 2
    yield "finre/problem_list", _asked(["岚海科技", "白桦能源", "岚海科技起诉白桦能源。"]), "questions", 1
    yield "finqa/eval_list", FINQA, "question", 12
    yield "finqa/problem_list", _asked("公司上市事件对应的时间是什么时候？云杉银行召开股东大会。"), "questions", 1
    yield "finna/eval_list", FINNA, "na", 12
    yield "finna/problem_list", _asked("云杉银行公告，拟发行十亿元金融债。"), "questions", 1
    yield "fincqa/eval_list", FINCQA, "question", 3
    yield "fincqa/problem_list", _asked("下文中干旱导致的结果涉及的产品是？南州干旱，白糖减产。"), "questions", 1
    text = "岚海科技、青石电子、云杉银行、白桦能源、远山控股同日发布半年度业绩预告，" * 2
    many = [[str(i), f"第{i}号公告：{text}", "业绩增长", "岚海科技"] for i in range(LONG_LINE)]
    yield "finese/train_list", [*CCKS2019[1:], *many], "ccks2019", LONG_LINE + 2
    yield "finese/eval_list", CCKS2019[:1], "ccks2019", 1
    yield "finese/problem_list", _asked(["云杉银行股价异动", "公司股市异常"]), "questions", 1
    yield "finner/train_list", FINNER, "ner", 2
    yield "finner/eval_list", FINNER[2:], "ner", 1
    rows = [["前景看好", "1.0"], ["trainingSourceData", "Sentiment"], ["难说", "0.5"], ["转淡", "0.0"]]
    yield "finne/train_list", rows, "none", 0
    yield "finne/eval_list", rows[:1], "none", 0
    yield "finne/problem_list", _asked('"，参考文章：""', "转淡"), "questions", 2


# --- pairs of sentences -----------------------------------------------------------------------------------------------

AFQMC = [
    ("月付怎么提额", "月付如何提额", "1"),
    ("云贷什么时候开通", "月付账单在哪里看", "0"),
    ("我的月付账单是***", "我的月付账单为***", "1"),
    ("云贷利息怎么算", "商家怎么收款", "0"),
    ("怎么关闭月付", "月付怎么关闭", "1"),
    ("月付逾期一天", "如何修改手机号", "0"),
    ("云贷可以提前还款吗", "云贷能提前还款吗", "1"),
    ("月付分期手续费", "余额宝收益", "0"),
    ("月付还款日是哪天", "月付是哪天还款", "1"),
    ("换手机号了月付怎么办", "云贷额度降了", "0"),
    ("月付可以买车票吗", "买车票能用月付吗", "1"),
    ("账单没有结清", "怎么领红包", "0"),
]
BQ = [
    ("为什么我看不到额度\x08", "为什么看不到我的额度", "1"),
    ("怎么  还款", "云贷 还款 方式", "1"),
    ("开通了却没有\uf236额度", "什么时候放款", "0"),
    ('"一次性还清', "能否一次还清全部", "1"),  # quotes are text: nothing closes it
    ("家人\u200d可以用吗", "多久到账", "0"),
]


def _pairs():
    names = ("sentence1", "sentence2", "label")
    named = [dict(zip(names, row, strict=True)) for row in AFQMC]
    asked = [{"id": i, "sentence1": one, "sentence2": two} for i, (one, two, _) in enumerate(AFQMC[:3])]
    more = [("云贷等额还款,可以换吗", "云贷\ufeff有先息后本吗", "0"), ("月付违约一次", "月付违约了一次", "1")]
    yield "afqmc/dev.json", _lines(named), "json_lines", "afqmc", 12
    yield "afqmc/test.json", _lines(asked), "json_lines", "questions", 3
    yield "afqmc/train.csv", _table([names, *more]), "csv", "afqmc", 2
    yield "bq-corpus/BQ.valid.data", _tabs(BQ), "tsv_bare", "bq", 5
    yield (
        "bq-corpus/BQ.test.data",
        _tabs([("怎么提现\x08", "如何提现", "1"), ("几点到账", "怎么注销", "0")]),
        "tsv_bare",
        "bq",
        2,
    )


def _tabs(rows, last=True):
    return ("\n".join("\t".join(row) for row in rows) + "\n" * last).encode()


# --- stocks and aspects -----------------------------------------------------------------------------------------------

_COLUMNS = "CODE DATE label text_a verb A0 A1 verbA0A1 verb_mask A0_mask A1_mask AV_num trade_date stock_factors NAME"
_COLUMNS += " CREATED_DATE TITLE DESCRIPTION READ MARKET CHANGE FIRST_DAY SECOND_DAY original_price"
_COLUMNS = _COLUMNS.split() + [f"{name}{i}" for i in range(1, 6) for name in ("open", "close", "day")]
_PRINTED = "[[0. 0. 0. ... 0. 0. 0.]\n [0. 0. 0. ... 0. 0. 0.]\n ...\n [0. 0. 0. ... 0. 0. 0.]]"  # an array, over lines
ASTOCK = [
    ("2345", "2", "岚海科技公告，董事会通过回购议案。"),
    ("600001", "1", "青石电子：董事长辞职。"),
    ("1", "0", "云杉银行称，2020年计提10.4亿元。"),
]


def _stocks():
    rows = []
    for code, label, news in ASTOCK:
        cells = dict.fromkeys(_COLUMNS, "0.5") | {
            name: _PRINTED for name in _COLUMNS if name.endswith(("mask", "factors"))
        }
        cells |= {"CODE": code, "DATE": "2020-07-16 17:02:00", "label": label, "text_a": news, "TITLE": news}
        cells |= {f"day{i}": f"2020-07-{16 + i}" for i in range(1, 6)}
        cells |= {f"open{i}": f"10.4{i}" for i in range(1, 6)} | {f"close{i}": f"{9 + i}.5" for i in range(1, 6)}
        rows.append([cells[name] for name in _COLUMNS])
    aspects = [
        _aspect("岚海科技\xa0净利大增，青石电子\u3000却预亏。\n", "岚海科技", "positive"),
        _aspect("岚海科技\xa0净利大增，青石电子\u3000却预亏。\n", "青石电子", "negative"),
        _aspect("云杉银行召开股东大会。\n", "云杉银行", "neutral"),
        _aspect("云杉银行召开股东大会。\n", "云杉银行", "positive"),  # the same aspect, another polarity
    ]
    named = [
        {
            "text": "云杉银行召开股东大会。",
            "labels": [{"text": "云杉银行", "Level 1 Aspect": "Corporate", "from": 0, "to": 4}],
        }
    ]
    yield "astock/test.csv", _table([_COLUMNS, *rows], "\t"), "tsv", "astock", 3
    yield "astock/val.csv", _table([_COLUMNS, *rows[:2]], "\t"), "tsv", "astock", 2
    yield "cfsc-absa/test.txt", _array(aspects), "json_array", "cfsc_absa", 4
    yield "cfsc-ner/test.json", _array(named, "\r\n", indent=2), "json_array", "none", 0
    yield "cfsc-ner/val.json", _array(named, "\r\n", indent=2), "json_array", "none", 0


def _aspect(sentence, term, polarity):
    start = sentence.index(term)
    where = {"from": start, "to": start + len(term)}
    return {"sentence": sentence, "Level 1 aspect": "Corporate", "term": term, "polarity": polarity, **where}


# --- events -----------------------------------------------------------------------------------------------------------

CCKS2020 = [
    {
        "id": "1",
        "context": "岚海科技收购青石电子，岚海科技称整合顺利。",
        "type": ["业务资产重组"],
        "entity": [[[0, 3], [11, 14], [0, 3], [6, 9]]],  # a name at each of its places, and a span twice
    },
    {"id": "2", "context": "云杉银行被罚，其高管亦遭处罚。", "type": ["违规", "高管负面"], "entity": [[[0, 3]], []]},
]
FEWFC_BASE = [
    {
        "id": "c1",
        "content": "远山控股\ufffd拟减持青石电子股份。",
        "events": [
            {
                "type": "减持",
                "mentions": [
                    {"word": "减持", "span": [6, 8], "role": "trigger"},
                    {"word": "青石电子", "span": [8, 12], "role": "obj"},
                    {"word": "远山控股", "span": [0, 4], "role": "sub"},
                ],
            }
        ],
    },
    {"id": "c2", "content": "市场平稳。", "events": []},
]
FEWFC_TRANS = [
    {
        "id": "c3",
        "content": "李青被起诉。",
        "events": [
            {
                "type": "起诉",
                "mentions": [
                    {"word": "起诉", "span": [3, 5], "role": "trigger"},
                    {"word": "李青", "span": [0, 2], "role": "obj-per"},
                ],
            }
        ],
    },
]


def _causal(text, *pairs):
    slots = ("type", "product", "region", "industry")
    found = []
    for reason, result in pairs:
        sides = zip(("reason", "result"), (reason, result), strict=True)
        found.append(
            {f"{side}_{slot}": value for side, values in sides for slot, value in zip(slots, values, strict=True)}
        )
    return {"text_id": "1", "text": text, "result": found}


CCKS2021 = [
    _causal("受台风影响，东州橡胶停割。###橡胶供给减少。", [("台风", "", "东州", ""), ("供给减少", "橡胶", "", "")]),
    _causal(
        "下游需求向好？纯碱、玻璃提价。",
        [("需求增加", "", "", ""), ("市场价格提升", "纯碱,玻璃", "", "")],
        [("需求增加", "", "", "建材"), ("产品利润增加", "纯碱", "", "化工")],
    ),
    _causal(  # one cause of two effects
        "铜价走高，电缆厂利润承压，部分产品提价。",
        [("成本上升", "铜", "", ""), ("产品利润下降", "电缆", "", "")],
        [("成本上升", "铜", "", ""), ("市场价格提升", "电缆", "", "")],
    ),
]


def _events():
    asked = [["700001", "岚海科技总经理辞职\x05\x08", "信批违规"], ["700002", "青石电子被问询", "信批违规"]]
    schema = [
        {"event_type": "减持", "role_list": [{"role": "sub"}]},
        {"event_type": "起诉", "role_list": [{"role": "obj-per"}]},
    ]
    pairs = [{"reason_type": "台风", "result_type": "供给减少"}]
    folder = "ccks2019-event-subject/event_type_entity_extract_"
    yield f"{folder}train.csv", _table(CCKS2019, quoted=True, last=False), "csv_bare", "ccks2019", 3
    yield f"{folder}eval.csv", b"\xef\xbb\xbf" + _table(asked, quoted=True, last=False), "csv_bare", "questions", 2
    yield "ccks2020-event-subject/val.data", _array(CCKS2020, indent=4), "json_array", "ccks2020", 2
    dev = [("900001", '*ST岚海收到"关注函，公司称将回复'), ("900002", "青石电子，被立案")]
    yield "ccks2020-event-subject/event_entity_dev_data.csv", _tabs(dev, last=False), "tsv_bare", "questions", 2
    for name, rows, end, found in [
        ("train_base", FEWFC_BASE, "\r\n", 1),
        ("test_base", FEWFC_BASE[::-1], "\r\n", 1),
        ("train_trans", FEWFC_TRANS, "\n", 1),
        ("test_trans", FEWFC_TRANS * 2, "\n", 2),
    ]:
        yield f"ccks2020-fewfc/{name}.json", _lines(rows, end), "json_lines", "fewfc", found
    yield "ccks2020-fewfc/event_schema.json", _lines(schema, last=False), "json_lines", "none", 0
    yield "ccks2021-causal/train.json", _lines(CCKS2021), "json_lines", "ccks2021", 3
    yield "ccks2021-causal/dev.json", _lines(CCKS2021[:1]), "json_lines", "ccks2021", 1
    yield "ccks2021-causal/reason_result_schema.json", _lines(pairs), "json_lines", "none", 0


# --- exams ------------------------------------------------------------------------------------------------------------

_FINANCEIQ = "保险从业资格CICE 基金从业资格 期货从业资格 精算师-金融数学 经济师 证券从业资格 银行从业资格".split()
CFLUE = [  # name, kind, question, choices, answer, analysis
    (
        "证券从业资格",
        "多项选择题",
        "下列属于金融市场的有（）。",
        "{'A': '货币市场', 'B': '债券市场', 'C': '菜市场', 'D': '股票市场'}",
        "ABD",
        "菜市场不是金融市场。",
    ),
    ("银行从业资格", "判断题", "存款准备金率由央行规定。", "{'A': '对', 'B': '错'}", "A", None),
    ("基金从业资格", "单项选择题", "“M1”不含（）。", "{'A': '现金', 'B': \"活期'存款'\", 'C': '定期存款'}", "C", ""),
    (
        "基金从业资格",
        "多项选择题",
        "属于风险的有（）。",
        "{'A': '甲', 'B': '乙', 'C': '丙', 'D': '丁', 'E': '戊'}",
        "AE",
        "略",
    ),
]


def _exams():
    letters = list("ABCD")
    for part in ("dev", "test"):
        for name in _FINANCEIQ:
            rows = [[str(i), f"{name}第{i}题，“头寸”指什么？", "甲", "乙", "丙", "丁", letters[i]] for i in range(2)]
            header = ["", "Question", *letters, "Answer"]  # the first column has no name
            yield f"financeiq/{part}/{name}.csv", _table([header, *rows]), "csv", "financeiq", 2
    keys = ("名称", "task", "question", "choices", "answer", "analysis")
    knowledge = [dict(zip(keys, row, strict=True)) for row in CFLUE]
    yield "cflue/knowledge.json", _array(knowledge, indent=0), "json_array", "cflue", 4
    for number, subject in enumerate(subjects().values()):
        stem = f"{subject.name}中，若比例由30$\\%$降为10$\\%$，下列判断第{number}项____。"
        row = ["0", stem, "升,高", "降低\n到底", "不变", "不能确定"]
        header = ["id", "question", *letters]
        for part, more in (("test", []), ("val", ["answer"]), ("dev", ["answer", "explanation"])):
            cells = [*row, *["B", "由题意，应降低。"][: len(more)]]
            content, shape = _table([header + more, cells], end="\r\n"), "fineval" if more else "questions"
            yield f"fineval-questions/{part}/{subject.key}_{part}.csv", content, "csv", shape, 1
    mapping = {subject.key: [subject.key, subject.name, subject.group] for subject in subjects().values()}
    yield "fineval-questions/subject_mapping.json", _array(mapping, "\r\n", indent="\t"), "json_object", "none", 0


# --- samples ----------------------------------------------------------------------------------------------------------


def _samples():
    told = {"instruction": "净利润增长率如何计算？", "input": "", "output": "[Calculator(1.2/1)→1.2]，即增长20%。"}
    talk = {**told, "history": [["什么是净利润？", "利润总额减去所得税。"]]}
    for name in ("computing", "consulting", "retrieval", "task"):
        yield f"disc-finllm/{name}_part.json", _array([talk], indent=4), "json_array", "triple", 1
    yield "disc-finllm/computing_eval.json", _array([told], indent=2), "json_array", "triple", 1
    found = [{"question": "市值蒸发的原因？", "reference": [["岚海科技连跌两日", "https://example.org/1"]]}]
    yield "disc-finllm/retriever_eval.json", _array(found, "\r\n", indent=4), "json_array", "questions", 1
    for name in "company event exam industry product risk sentiment stock suggestion summary".split():
        asked = {
            "instruction": "" if name == "exam" else "你是研究员，请找出公司。",
            "input": f"岚海科技{name}一则\n",
            "output": "岚海科技\n",
        }
        yield f"cfgpt/{name}/data.jsonl", _lines([asked], ascii=True), "json_lines", "triple", 1
    sort = {
        "task": "金融文本分类",
        "sub_task": "ESG分类",
        "instruction": "请分类：岚海科技捐款",
        "input": "",
        "output": "社会",
    }
    yield "cflue/application.json", _array([{**sort, "history": []}]), "json_array", "triple", 1
