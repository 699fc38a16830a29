"""The small world of the embedded corpus: invented companies and people, and the public names around them.

Every company, person and broker is made up; institutions, indices, goods and places are the generic real ones.
"""

from typing import NamedTuple


class Company(NamedTuple):
    """An invented listed company: its short name, its industry and what it makes."""

    name: str
    industry: str
    products: tuple


class Industry(NamedTuple):
    """An industry: endings of company names, products, raw materials and an extra topic label, if any."""

    suffixes: tuple
    products: tuple
    materials: tuple
    topic: str


def _words(text):
    return tuple(text.split())


BRANDS = _words(
    "恒岭 锦沧 远岚 启澜 瑞砚 昊川 泽屿 云岫 盛垣 嘉翎 鼎屿 华穹 澄岳 景湛 博昀 宏砺 凌朔 安垣 启钧 明璟 "
    "沐川 汇岚 浦岳 诚砺 天屿 晟野 永嵘 骏桓 和峤 卓垚 星砚 万岫 润嵩 新垠 隆曦 信屿 德峤 佳沅 维澜 赛垣"
)

INDUSTRIES = {
    "银行": Industry(_words("银行"), _words("信用卡 理财产品 消费贷款 小微贷款 手机银行"), _words("存款 资金"), ""),
    "证券": Industry(_words("证券"), _words("经纪 投行 资管 两融"), _words("资金"), ""),
    "保险": Industry(_words("保险 人寿"), _words("重疾险 车险 年金险 医疗险"), _words("保费 资金"), ""),
    "房地产": Industry(_words("地产 置业"), _words("住宅 商铺 写字楼 物业服务"), _words("土地 建材"), "房地产"),
    "煤炭": Industry(_words("煤业"), _words("动力煤 焦煤 无烟煤"), _words("设备 运力"), "能源"),
    "石油": Industry(_words("石油 能源"), _words("原油 天然气 汽油 柴油"), _words("油气资源 设备"), "能源"),
    "光伏": Industry(_words("光伏 绿能"), _words("光伏组件 硅片 逆变器 电池片"), _words("硅料 银浆"), "能源"),
    "电力": Industry(_words("电力"), _words("风电 水电 火电 储能"), _words("煤炭 设备"), "能源"),
    "钢铁": Industry(_words("钢铁 特钢"), _words("螺纹钢 热卷 不锈钢 钢管"), _words("铁矿石 焦炭"), ""),
    "有色": Industry(_words("矿业 锂业"), _words("铜 铝 镍 碳酸锂 黄金"), _words("矿石 电力"), ""),
    "化工": Industry(_words("化工 新材"), _words("纯碱 尿素 甲醇 钛白粉 草甘膦"), _words("原油 煤炭"), ""),
    "半导体": Industry(_words("半导体 微电"), _words("芯片 存储器 传感器 晶圆"), _words("硅片 光刻胶"), ""),
    "电子": Industry(_words("电子 光电"), _words("面板 手机 耳机 摄像头"), _words("芯片 玻璃"), ""),
    "汽车": Industry(_words("汽车 动力"), _words("新能源汽车 动力电池 轮胎 客车"), _words("碳酸锂 钢材 橡胶"), ""),
    "医药": Industry(_words("医药 生物"), _words("疫苗 新药 仿制药 检测试剂 医疗器械"), _words("原料药 药材"), ""),
    "白酒": Industry(_words("酒业"), _words("白酒 啤酒 葡萄酒"), _words("高粱 小麦"), ""),
    "食品": Industry(_words("食品 乳业"), _words("牛奶 调味品 饮料 速冻食品"), _words("大豆 白糖 生鲜乳"), ""),
    "农业": Industry(_words("农牧 种业"), _words("生猪 饲料 种子 鸡苗"), _words("玉米 豆粕"), ""),
    "家电": Industry(_words("电器 家电"), _words("空调 冰箱 洗衣机 小家电"), _words("铜 钢材"), ""),
    "传媒": Industry(_words("传媒 互娱"), _words("游戏 电影 短视频 广告"), _words("版权 流量"), ""),
    "软件": Industry(_words("软件 科技"), _words("云服务 操作系统 人工智能平台 数据库"), _words("算力 人才"), ""),
    "航运": Industry(_words("航运 港口"), _words("集装箱运输 油运 港口装卸"), _words("燃油 船舶"), ""),
    "航空": Industry(_words("航空"), _words("客运航线 货运航线 机票"), _words("燃油 飞机"), ""),
    "零售": Industry(_words("百货 商贸"), _words("超市 免税店 电商平台"), _words("商品 物流"), ""),
    "建筑": Industry(_words("建工 水泥"), _words("水泥 工程施工 装配式建筑"), _words("钢材 煤炭"), ""),
}


def _companies():
    """Compose about 320 names; a brand meets each ending at most once."""
    out = []
    kinds = [(kind, suffix) for kind, spec in INDUSTRIES.items() for suffix in spec.suffixes]
    for b, brand in enumerate(BRANDS):
        for j in range(8):
            kind, suffix = kinds[(b * 7 + j * 5 + (b // len(kinds))) % len(kinds)]
            out.append(Company(brand + suffix, kind, INDUSTRIES[kind].products))
    return tuple(sorted(set(out), key=lambda c: c.name))


COMPANIES = _companies()
FOREIGN = _words(
    "诺维尔集团 费兰科 洛克赛尔 阿维拉集团 赛利姆公司 布兰诺 科瑞特斯 伊莱恩制药 马洛能源 泰森特 "
    "奥瑞尔银行 维伦汽车 希尔曼资本 格拉文石油 卡斯通软件 林德诺 帕洛斯 德尔维亚 艾顿航空 莫里斯通"
)
FOREIGN_PRODUCTS = _words("电动车 新药 芯片 疫苗 手机 云服务 飞机 软件")
BROKERS = _words("东陵证券 中岳证券 海岚证券 国屿证券 广澜证券 兴湛证券 平川证券 长砚证券 申屿证券 银峤证券")
FUNDS = _words("骏桓基金 和峤资本 卓垚基金 星砚资本 万岫投资 润嵩基金 新垠资本 隆曦投资 信屿基金 德峤资本")
UNLISTED = _words(
    "远岚出行 昊川智造 嘉翎钱包 泽屿生活 盛垣教育 云岫金融 鼎屿贷 景湛财富 博昀物流 宏砺云 凌朔智能 安垣网络 "
    "启钧在线 沐川健康 汇岚机器人 浦岳资产 诚砺贷 天屿钱包 晟野生活 永嵘教育"
)
SURNAMES = tuple("王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗郑梁谢宋唐许韩冯邓曹彭曾")
GIVEN = _words(
    "伟 强 磊 军 洋 勇 杰 涛 明 超 敏 静 丽 艳 娟 霞 建国 志强 海波 文斌 晓东 国平 永辉 立新 思远 子涵 雨桐 嘉怡 "
    "佳宁 俊杰 浩然 梦洁 雪梅 玉兰 春华 景行 德明 长青 启航 安然"
)
TITLES = _words("董事长 总经理 财务总监 董事会秘书 副总经理 独立董事 首席执行官")
MEDIA = _words("财经快讯 证券时讯社 金融早报 第一市场 资本周刊 长江财讯 市场观察网 产业日报")
PLACES = _words(
    "北京 上海 广州 深圳 天津 重庆 杭州 南京 武汉 成都 西安 苏州 青岛 厦门 长沙 郑州 合肥 山东 江苏 浙江 广东 福建 "
    "四川 湖北 河南 河北 山西 内蒙古 新疆 云南 辽宁 海南"
)
COUNTRIES = _words("美国 日本 德国 法国 英国 韩国 印度 俄罗斯 澳大利亚 巴西 加拿大 意大利 沙特 越南 土耳其 墨西哥")
CENTRAL_BANKS = {
    "美国": "美联储",
    "日本": "日本央行",
    "英国": "英国央行",
    "韩国": "韩国央行",
    "澳大利亚": "澳洲联储",
    "加拿大": "加拿大央行",
    "巴西": "巴西央行",
    "俄罗斯": "俄罗斯央行",
    "土耳其": "土耳其央行",
    "印度": "印度央行",
}
CN_OFFICES = _words("央行 证监会 银保监会 财政部 发改委 商务部 工信部 住建部 外汇局 市场监管总局 国务院 国家能源局")
ECONOMISTS = _words("国际货币基金组织 世界银行 世贸组织 联合国 二十国集团")
CN_INDICES = _words("上证指数 沪指 深成指 创业板指 沪深300指数 科创50指数 北证50指数")
FOREIGN_INDICES = {
    "道指": "美国",
    "纳指": "美国",
    "标普500指数": "美国",
    "日经225指数": "日本",
    "韩国KOSPI指数": "韩国",
    "德国DAX指数": "德国",
    "法国CAC40指数": "法国",
    "英国富时100指数": "英国",
    "澳洲ASX200指数": "澳大利亚",
    "印度SENSEX指数": "印度",
}
CN_FUTURES = _words("""
    螺纹钢 铁矿石 焦煤 焦炭 沪铜 沪铝 沪镍 沪锌 甲醇 纯碱 玻璃 豆粕 豆油 棕榈油 生猪 玉米 棉花 白糖 橡胶 PTA
    尿素 苹果 红枣 沪金 沪银
""")
ENERGY_FUTURES = _words("WTI原油 布伦特原油 美国天然气 欧洲天然气 NYMEX汽油 ICE柴油")
METAL_FUTURES = _words("COMEX黄金 COMEX白银 伦铜 伦铝 伦镍 美豆 美玉米 美棉")
ENERGY_GOODS = _words("原油 天然气 煤炭 汽油 柴油 电力 液化气")
GOODS = _words(
    "钢材 铜 铝 水泥 玻璃 纯碱 尿素 甲醇 钛白粉 草甘膦 碳酸锂 硅料 猪肉 生猪 鸡蛋 玉米 大豆 豆粕 白糖 棉花 橡胶 "
    "原油 天然气 煤炭 焦炭 铁矿石 芯片 面板 光伏组件 动力电池 白酒 牛奶 化肥 纸浆 PVC"
)
CURRENCIES = _words("美元 欧元 日元 英镑 澳元 加元 港元 韩元 卢布 瑞郎")
COINS = _words("比特币 以太坊 莱特币 狗狗币 瑞波币 波卡币 柴犬币 艾达币")
COIN_FIRMS = _words("链海交易所 币岛交易所 方舟矿池 零点钱包 环链平台")
BONDS = _words("10年期国债 30年期国债 地方政府债 城投债 信用债 可转债 企业债 短期融资券 中期票据 绿色债券")
CN_SECTORS = _words("""
    银行 券商 保险 房地产 煤炭 石油 光伏 电力 钢铁 有色金属 化工 半导体 消费电子 汽车 医药 白酒 食品饮料 农业
    家电 传媒 软件 航运 航空 零售 建筑 军工 旅游
""")
SECTOR_TOPIC = {"房地产": "房地产", "煤炭": "能源", "石油": "能源", "光伏": "能源", "电力": "能源"}
PERIODS = _words("""
    一季度 二季度 三季度 四季度 上半年 下半年 前三季度 全年 1月份 2月份 4月份 5月份 7月份 8月份 10月份 11月份
""")
ROUNDS = _words("天使轮 A轮 B轮 C轮 D轮")
RATINGS_UP = _words("买入 增持 强烈推荐 跑赢行业")
RATINGS_DOWN = _words("减持 卖出 中性 跑输行业")
PROJECTS = _words("生产基地 研发中心 数据中心 物流园 产业园 智能工厂 扩产项目 海外工厂")
MACRO = _words("""
    工业增加值 社会消费品零售总额 固定资产投资 出口总额 进口总额 GDP 规模以上工业企业利润 全社会用电量
    社会融资规模
""")
FOREIGN_MACRO = _words("GDP 零售销售 工业产出 出口额 服务业产出 制造业订单 新屋开工 消费者信心指数")
