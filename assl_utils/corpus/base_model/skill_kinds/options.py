"""Generic skills of options: choosing among lettered options, and going from letter to text and back."""

from assl_utils.corpus.base_model.material import skill

_OPTION_STYLES = ("{}、{}", "{}. {}", "{}：{}", "({}){}", "{}）{}", "{} {}")


def _options(m, words, letters="ABCDEF"):
    """Write the words as lettered option lines in one of several layouts."""
    style = m.draws.pick(_OPTION_STYLES)
    joint = "\n" if m.draws.chance(0.7) else " "
    return joint.join(style.format(letter, word) for letter, word in zip(letters, words, strict=False))


def _one_occurs(m):
    """Draw a text and four words of which only one occurs in it: (text, words, its place), or None."""
    text = m.passage(50)
    word, others = m.span_of(text, 2, 5), m.words(3)
    if word is None or any(other in text for other in others):
        return None
    words = m.draws.shuffle([word, *others])
    return text, words, words.index(word)


@skill(
    """
    [下面|以下]哪个选项的词在[第一行|原文]出现过？[只答|写出]字母
    [选出|选择][第一行|原文]里[有|出现]的词，[回答|写]字母
    [哪一项|哪个选项]来自[上面|第一行]的文字？[答字母|只要字母]
    [对照|根据]第一行选词，[给出|输出]选项字母
    选项中[唯一|只有一个]见于第一行，它的字母是？
    [请|]找出第一行含有的选项，[填|写]字母
    """,
    weight=1.5,
)
def option_letter(m):
    case = _one_occurs(m)
    if case is None:
        return None
    text, words, place = case
    return {}, text + "\n" + _options(m, words), "ABCD"[place]


@skill(
    """
    [选项中|下面]哪个词在第一行[出现过|有]？写出[这个词|词本身][，不写字母|]
    [选出|挑出]第一行含有的词，[照抄|写]这个词
    [哪一项|哪个词]见于第一行？[答词语|写词不写字母]
    根据第一行[选词|挑词]，[输出|给出]词语
    几个选项里，第一行[写到|提到]了谁？[写词|答出该词]
    [请|]把第一行里有的那个选项[抄出来|写出来]
    """
)
def option_text(m):
    case = _one_occurs(m)
    if case is None:
        return None
    text, words, place = case
    return {}, text + "\n" + _options(m, words), words[place]


@skill(
    """
    {letter}项[是什么|的内容是什么|写了什么]？
    [写出|抄下|给出]选项{letter}的[内容|文字]
    字母{letter}[对应|后面]的[词|内容]是？
    [选|我选]{letter}，[它|这一项]是什么？
    [查出|读出]{letter}那一项
    [请|]把{letter}[展开|换]成它的文字
    """,
    weight=1.5,
)
def letter_to_text(m):
    words = m.words(m.draws.between(3, 5))
    n = m.draws.below(len(words))
    return {"letter": "ABCDE"[n]}, _options(m, words), words[n]


@skill(
    """
    “{word}”是哪一项？[答字母|只写字母]
    [写出|给出]“{word}”[对应|前面]的字母
    [哪个|什么]字母后面[是|写着]“{word}”？
    “{word}”的[序号|字母]是什么？
    [找到|查找]“{word}”，[输出|回答]它的字母
    [请|]用字母代替“{word}”
    """,
    weight=1.5,
)
def text_to_letter(m):
    words = m.words(m.draws.between(3, 5))
    n = m.draws.below(len(words))
    return {"word": words[n]}, _options(m, words), "ABCDE"[n]
