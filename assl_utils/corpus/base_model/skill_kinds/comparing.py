"""Generic skills of comparing two sentences or lines."""

from assl_utils.corpus.base_model.material import skill


@skill(
    """
    两行[文字|内容]一样吗？一样[答|写]“{same}”，不一样[答|写]“{other}”
    [比较|对比]两行：完全相同为“{same}”，[有差别|不同]为“{other}”
    上下两行[逐字相同|一字不差]写{same}，否则写{other}
    [检查|核对]第二行是不是第一行的[副本|复制]（{same}／{other}）
    [判断|看看]两行是否[相同|一致]，[输出|回答]{same}或{other}
    两行[有没有|是否有]出入？[没有|相同]：{same}；[有|不同]：{other}
    """,
    weight=1.5,
)
def compare(m):
    text = m.sentence(35)
    same, other = m.labels(2) if m.draws.chance(0.5) else m.draws.pick((("同", "异"), ("一样", "不同")))
    if m.draws.chance(0.5):
        return {"same": same, "other": other}, text + "\n" + text, same
    piece = m.span_of(text, 2, 4)
    changed = None if piece is None else text.replace(piece, m.word())
    return None if changed in (None, text) else ({"same": same, "other": other}, text + "\n" + changed, other)


@skill(
    """
    第二行[改动了|换掉了]第一行的哪[个词|几个字]？[写出新词|答第二行里的]
    [找出|写出]第二行[不同于|有别于]第一行的[地方|字]
    [对比|比较]两行，第二行[新出现|换上]的是什么？
    [上下|两行]哪里不一样？[写第二行的字|以第二行为准]
    第二行中[哪些字|什么]与第一行不符？
    [请|]指出第二行被[改|换]成了什么
    """
)
def changed_word(m):
    text = m.sentence(35)
    piece, new = m.span_of(text, 2, 4), m.noise(2, 3)
    return None if piece is None else ({}, text + "\n" + text.replace(piece, new), new)


@skill(
    """
    哪一句[提到|写到|说到]“{word}”？[答|写]“第一句”“第二句”[或|还是]“都没有”
    “{word}”在第一句还是第二句？[都不在|两句都没有]写“都没有”
    [判断|找出]“{word}”[所在|出现]的句子：第一句、第二句或都没有
    两句[当中|里面]，谁[含有|提到]“{word}”？（第一句／第二句／都没有）
    [含|有]“{word}”的是？可选：第一句、第二句、都没有
    [请|]说明“{word}”出自第一句、第二句，还是都没有
    """
)
def which_sentence(m):
    first, second = m.sentences(2, 35)
    word = m.span_of(m.draws.pick((first, second)), 2, 4) if m.draws.chance(0.75) else m.noise(2, 3)
    if word is None or (word in first and word in second):
        return None
    answer = "第一句" if word in first else "第二句" if word in second else "都没有"
    return {"word": word}, first + "\n" + second, answer
