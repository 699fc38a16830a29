"""Causes and effects between goods, from the files ``causes``, ``effects`` and ``phrases``."""

from typing import NamedTuple

from assl_utils.corpus.lexicon import blocks
from assl_utils.corpus.lexicon.phrases import PHRASES
from assl_utils.tasks.catalog import EVENTS


class Cause(NamedTuple):
    """A cause: its type, the direction in which it moves a price, and its wordings over ``{c}``."""

    label: str
    sign: int
    kind: str  # what {c} is: good or place
    says: tuple


class Effect(NamedTuple):
    """An effect: its type, the direction of the causes that have it, and its wordings over ``{e}``."""

    label: str
    sign: int
    says: tuple


def _signed(file, fields):
    """Yield name, sign, further fields and wordings of each block."""
    for label, block in blocks.read(file, fields).items():
        with block.head.reading():
            if label not in EVENTS:
                raise ValueError(f"the tasks have no type of event {label!r}: take one of theirs")
            yield label, blocks.sign(block.fields[0]), *block.fields[1:], block.patterns()


CAUSES = tuple(Cause(*row) for row in _signed("causes", 2))
_EFFECTS = tuple(Effect(*row) for row in _signed("effects", 1))
EFFECTS = {sign: tuple(effect for effect in _EFFECTS if effect.sign == sign) for sign in (1, -1)}
CAUSAL_FRAMES = PHRASES["causal frames"].patterns()
EFFECT_ONLY = PHRASES["effect only"].patterns()

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
# weather moves these
FIELD_GOODS = tuple("煤炭 铁矿石 水泥 玉米 大豆 生猪 鸡蛋 白糖 棉花 橡胶 尿素 化肥 钢材 铜 玻璃 纯碱".split())
FARM_GOODS = tuple("玉米 大豆 生猪 鸡蛋 白糖 棉花 橡胶".split())  # a drought moves only these
