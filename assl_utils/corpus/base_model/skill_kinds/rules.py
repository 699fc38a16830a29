"""Generic skills of rules: the instruction says which label a text gets."""

from assl_utils.corpus.base_model.material import skill

_YES_NO = (("是", "否"), ("有", "没有"), ("对", "错"), ("yes", "no"), ("√", "×"), ("在", "不在"), ("1", "0"))


@skill(
    """
    文中[有没有|是否有|出现过]“{word}”？[回答|答]“{yes}”或“{no}”
    “{word}”[在不在|是否在]下文里？在[就答|则回答]{yes}，不在[就答|则回答]{no}
    [判断|检查]下文[含不含|是否包含]“{word}”，[输出|写]{yes}或{no}
    [查一查|看看]有无“{word}”：有写{yes}，无写{no}
    下文[提到|写到]“{word}”了吗？只[答|写]{yes}／{no}
    [请|]用{yes}或{no}回答：“{word}”出现在下文吗？
    """,
    weight=1.5,
)
def contains(m):
    text = m.passage(70)
    yes, no = m.draws.pick(_YES_NO) if m.draws.chance(0.7) else m.labels(2)
    word = m.span_of(text, 2, 4) if m.draws.chance(0.5) else m.word()
    if word is None:
        return None
    return {"word": word, "yes": yes, "no": no}, text, yes if word in text else no


@skill(
    """
    [如果|若][文中|下文]出现“{word}”，回答“{yes}”，否则回答“{no}”
    [规则|约定]：有“{word}”写“{yes}”，没有写“{no}”
    [见到|遇到]“{word}”就[说|答]“{yes}”，[见不到|没有]就[说|答]“{no}”
    下文[含|带]“{word}”[归入|算作]“{yes}”，[其余|不含]归“{no}”
    [凡|只要]有“{word}”的[一律|都]标“{yes}”，[别的|其他]标“{no}”
    “{word}”→“{yes}”；[其他|没有它]→“{no}”。[请判断|下文该标什么]
    """,
    weight=2.0,
)
def rule(m):
    text, (yes, no) = m.passage(70), m.words(2) if m.draws.chance(0.4) else m.labels(2)
    word = m.span_of(text, 1, 3) if m.draws.chance(0.5) else m.span(2, 3)
    if word is None:
        return None
    return {"word": word, "yes": yes, "no": no}, text, yes if word in text else no


@skill(
    """
    [按|照]对照表[{table}]给[下文|文字]选一个[标签|代号]
    对照[表|关系]：{table}。[下文|这段话]该[标|记|写]什么？
    {table}。[文中|下文]出现[哪个词|表中的词]，就[写|答]它[右边|对应]的字
    [已知|规定]{table}，[给出|写出]下文的代号
    [词典|约定]：{table}。[据此|照此]给下文[分类|归类]
    [用|根据]“{table}”[判断|决定]下文[属于|归]哪一类
    """.replace("[{table}]", "（{table}）"),
    weight=2.5,
)
def translate_one(m):
    n = m.draws.between(2, 4)
    labels, text = m.labels(n), m.passage(70)
    word = m.span_of(text, 2, 3)
    others = m.words(n - 1)
    if word is None or any(other in text for other in others):
        return None
    words = m.draws.shuffle([word, *others])
    table = m.draws.pick(("，", "；", "、")).join(f"{w}={label}" for w, label in zip(words, labels, strict=True))
    return {"table": table}, text, labels[words.index(word)]


@skill(
    """
    对照{table}，写出下文[所有|全部]的代号，[用空格隔开|中间空一格]
    {table}。[下文|文中]有哪些词就[写|列]哪些代号，[以空格分隔|空格分开]
    [按|照]“{table}”[标注|打标]下文，[可以多个|可能不止一个]，空格隔开
    [规定|约定]{table}，[依次|按表的顺序]写出出现的代号（空格分隔）
    [检查|看看]表里的词：{table}。[出现|用到]的，写代号，中间用空格
    [请|]用空格连接[文中|下文]各词的代号：{table}
    """,
    weight=2.5,
)
def translate_many(m):
    labels = m.labels(m.draws.between(3, 5))
    words = m.words(len(labels))
    present = [m.draws.chance(0.45) for _ in words]
    present[m.draws.below(len(words))] = True
    text = m.sentence(40).rstrip("。！？")
    if any(word in text for word in words):
        return None
    for n in m.draws.shuffle([n for n, flag in enumerate(present) if flag]):
        text += m.draws.pick("，、；") + words[n]
    table = "，".join(f"{w}={label}" for w, label in zip(words, labels, strict=True))
    answer = " ".join(label for label, word in zip(labels, words, strict=True) if word in text)
    return {"table": table}, text, answer
