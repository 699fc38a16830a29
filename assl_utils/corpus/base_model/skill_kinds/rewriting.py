"""Generic skills of rewriting: the answer is the input with one thing changed."""

from assl_utils.corpus.base_model.material import MARKS, skill


@skill(
    """
    [把|将]文中的“{old}”[换成|改成|替换为]“{new}”[，其余不动|]
    用“{new}”[代替|替换]“{old}”[后|，]重写[原句|下文]
    下文中“{old}”写错了，应为“{new}”，[改正|更正]后输出
    [改写|重写]：“{old}”→“{new}”
    [凡是|每逢]“{old}”都写作“{new}”，[其他照抄|其余照旧]
    [请|]做替换：旧词“{old}”，新词“{new}”
    """
)
def replace_word(m):
    text = m.sentence(45)
    old, new = m.span_of(text, 2, 4), m.word()
    if old is None:
        return None
    return {"old": old, "new": new}, text, text.replace(old, new)


@skill(
    """
    [删去|删掉|去掉]文中的“{word}”[，其余照抄|]
    [把|将]“{word}”从[下文|这句话]里[删除|拿掉]
    不要“{word}”，[写出|抄出][剩下|余下]的文字
    [下文|句中]多了“{word}”，[改正后|删去后]输出
    除“{word}”外[全部|一律]照抄
    [抄写|重复]下文，但[跳过|略去]“{word}”
    """
)
def delete_word(m):
    text = m.sentence(45)
    word = m.span_of(text, 2, 4)
    return None if word is None else ({"word": word}, text, text.replace(word, ""))


@skill(
    """
    [用|拿]{left}{right}[标出|括住|圈出]文中的“{word}”
    [抄写|重复]下文，并给“{word}”[加上|套上]{left}{right}
    [把|将]“{word}”[写成|改成]{left}{word}{right}，[别的|其余]不变
    在[原文|下文]中[标记|突出]“{word}”，记号是{left}{right}
    给“{word}”两边加{left}和{right}，[再|然后]输出全文
    [找到|看到]“{word}”就[用|放进]{left}{right}
    """
)
def mark_word(m):
    text = m.sentence(45)
    word, (left, right) = m.span_of(text, 2, 4), m.draws.pick(MARKS[:6])
    if word is None:
        return None
    return {"word": word, "left": left, "right": right}, text, text.replace(word, left + word + right)
