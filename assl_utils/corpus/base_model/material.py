"""What the generic skills are made of: pieces of running text, invented codes, and the register of skills."""

import re
from typing import NamedTuple

from assl_utils.corpus.grammar import Draws, patterns

SKILLS = {}
_SENTENCE = re.compile(r"[^。！？\n]+[。！？]?")
_CLAUSE = re.compile(r"[^，。！？；：、“”‘’「」《》（）()【】\[\]\s,;:!?\"]{2,}")
_PHRASE = re.compile(r"[^的为将与和在对于从等由被是了及或年月日至较]{2,}")
STOP = re.compile(r"[，。！？；：、“”「」《》（）()【】\s,]")
MARKS = tuple(tuple(pair.split()) for pair in "「 」|《 》|【 】|< >|## ##|『 』|( )|** **|“ ”".split("|"))
_DIGITS = "0123456789"
_NUMERIC = _DIGITS + ".%"
_LATIN = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class Skill(NamedTuple):
    """One skill: the function that makes a case, the wordings that ask for it, and how often it is drawn."""

    make: object
    wordings: tuple
    weight: float


def skill(wordings, weight=1.0):
    """Register a function ``make(material) -> (slots, input, output)``, or None where the drawn text does not suit.

    ``wordings`` is a block of patterns, one a line, in the notation of ``corpus.grammar``; ``slots`` fills them.
    """

    def register(make):
        SKILLS[make.__name__] = Skill(make, patterns(wordings), weight)
        return make

    return register


def _common_characters():
    """The 3,755 characters of the first level of GB 2312, so that copying is also learnt on rare ones."""
    rows = [bytes([high, low]) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF)]
    return "".join(row.decode("gb2312", errors="ignore") for row in rows)


class Material:
    """Random pieces of the given texts; every draw comes from one generator, so a seed fixes them all."""

    def __init__(self, texts, rng):
        self.texts = [text for text in texts if len(text) >= 8]
        if not self.texts:
            raise ValueError("the generic mix needs raw texts of at least 8 characters to draw from, none was given")
        self.draws = Draws(rng)
        self._cut = {}
        self._rare = _common_characters()

    def _pieces(self):
        """Return the sentences and clauses of a random text."""
        place = self.draws.below(len(self.texts))
        if place not in self._cut:
            text = self.texts[place]
            sentences = [found.strip() for found in _SENTENCE.findall(text)]
            sentences = [sentence for sentence in sentences if len(sentence) >= 4]
            self._cut[place] = sentences or [text.strip()], _CLAUSE.findall(text) or [text.strip()]
        return self._cut[place]

    def sentence(self, limit=60):
        """Return one sentence, cut at ``limit`` characters where it is longer."""
        return self.draws.pick(self._pieces()[0])[:limit]

    def sentences(self, n, limit=40):
        """Return n different sentences from different texts."""
        out = []
        while len(out) < n:
            sentence = self.sentence(limit)
            if sentence in out:
                sentence = self.noise(8, 16) + "。"
            out.append(sentence)
        return out

    def passage(self, limit=100):
        """Return neighbouring sentences of one text, together at most ``limit`` characters."""
        sentences = self._pieces()[0]
        start = self.draws.below(len(sentences))
        out = sentences[start][:limit]
        for sentence in sentences[start + 1 :]:
            if len(out) + len(sentence) > limit:
                break
            out += sentence
        return out

    def _cut_clause(self, clause, low, high):
        """Cut ``low`` to ``high`` characters out of a clause: half of the time at the borders of a phrase."""
        if self.draws.chance(0.5):
            phrases = [phrase for phrase in _PHRASE.findall(clause) if low <= len(phrase) <= high + 2]
            if phrases:
                return self.draws.pick(phrases)
        length = min(len(clause), self.draws.between(low, high))
        start = self.draws.below(len(clause) - length + 1)
        stop = start + length
        # a number is never cut in two: its halves look like other numbers
        while start > 0 and clause[start] in _NUMERIC and clause[start - 1] in _NUMERIC:
            start -= 1
        while stop < len(clause) and clause[stop - 1] in _NUMERIC and clause[stop] in _NUMERIC:
            stop += 1
        return clause[start:stop]

    def span(self, low=2, high=6):
        """Return about ``low`` to ``high`` neighbouring characters of a clause, without punctuation."""
        return self._cut_clause(self.draws.pick(self._pieces()[1]), low, high)

    def span_of(self, text, low=2, high=6):
        """Return a piece of a clause of ``text`` that occurs in it only once, or None."""
        clauses = _CLAUSE.findall(text)
        for _ in range(4 if clauses else 0):
            piece = self._cut_clause(self.draws.pick(clauses), low, high)
            if text.count(piece) == 1:
                return piece
        return None

    def noise(self, low, high):
        """Return a meaningless string, mostly of rare characters: it can only be copied, not guessed."""
        return "".join(self.draws.pick(self._rare) for _ in range(self.draws.between(low, high)))

    def code(self):
        """Return an invented code of letters and digits, such as K407-22."""
        head = "".join(self.draws.pick(_LATIN) for _ in range(self.draws.between(0, 2)))
        tail = "".join(self.draws.pick(_DIGITS) for _ in range(self.draws.between(2, 6)))
        return head + (f"{tail[:-2]}-{tail[-2:]}" if len(tail) > 4 else tail)

    def word(self):
        """Return a short piece: mostly of a text, now and then rare characters or a code."""
        u = self.draws.u()
        return self.span() if u < 0.7 else self.noise(2, 4) if u < 0.85 else self.code()

    def words(self, n):
        """Return n words of which none contains another."""
        out = []
        while len(out) < n:
            word = self.word()
            if any(word in other or other in word for other in out):
                word = self.noise(2, 4)
                if any(word in other or other in word for other in out):
                    continue
            out.append(word)
        return out

    def insert(self, text, piece):
        """Return the text with the piece put at a random place."""
        place = self.draws.below(len(text) + 1)
        return text[:place] + piece + text[place:]

    def in_one_line(self, words):
        """Return the words on one line (or one a line), with a random separator."""
        return self.draws.pick(("、", "，", " ", "；", "\n", "/")).join(words)

    def labels(self, n):
        """Return n different one- or two-character labels without a fixed meaning."""
        pools = [pool for pool in LABELS if len(pool) >= n]
        return self.draws.sample(self.draws.pick(pools), n)


LABELS = tuple(
    tuple(row.split())
    for row in (
        "红 蓝 绿 黄 紫 灰 橙 棕",
        "松 竹 梅 兰 菊 荷 桂 柳",
        "东 南 西 北 中",
        "甲 乙 丙 丁 戊 己 庚 辛",
        "春 夏 秋 冬",
        "金 木 水 火 土",
        "一号 二号 三号 四号 五号 六号",
        "山 河 湖 海 岛 滩",
        "米饭 面条 饺子 馒头 包子 年糕",
        "猫 狗 兔 马 牛 羊 鸡 鱼",
        "左边 右边 上边 下边",
        "X Y Z W Q",
        "收 放 停 走 跑",
        "圆 方 长 短 宽 窄",
    )
)
