"""What happens around companies: markets, goods, policies, countries, health. Notation of ``lexicon_events``."""

EVENTS = """
= market_up | - | + | 中国 大盘 | cn_index
h 收评：{subj}涨{ipct} {sector}板块领涨
h {subj}高开高走 涨{ipct}
l {subj}[收涨|午后涨幅扩大至|震荡走高，涨]{ipct}，{sector}板块[领涨|掀起涨停潮]，两市成交额{turnover}
l A股三大指数[集体上涨|全线反弹]，{subj}涨{ipct}，{sector}、{sector2}等板块[涨幅居前|表现活跃]
r [外资大幅流入|政策利好]
r 市场情绪[回暖|好转]
d 北向资金[净买入|净流入]{amount}
? 涨幅=ipct 领涨板块=sector
= market_down | - | - | 中国 大盘 | cn_index
h 收评：{subj}跌{ipct} {sector}板块领跌
h {subj}低开低走 跌{ipct}
l {subj}[收跌|午后跌幅扩大至|震荡走低，跌]{ipct}，{sector}板块[领跌|掀起跌停潮]，两市成交额{turnover}
l A股三大指数[集体下跌|全线走低]，{subj}跌{ipct}，{sector}、{sector2}等板块[跌幅居前|表现低迷]
r [外资大幅流出|外围市场大跌]
r 市场情绪[低迷|转弱]
d 北向资金[净卖出|净流出]{amount}
? 跌幅=ipct 领跌板块=sector
= market_flat | - | 0 | 中国 大盘 | cn_index
h {subj}平开 {sector}板块表现平稳
h 午评：{subj}横盘整理
l {subj}[平开|窄幅震荡|横盘整理]，[涨跌幅不足0.1%|与前一交易日基本持平]，{sector}板块[表现平稳|波动不大]
l 两市[早盘平开|全天窄幅震荡]，{subj}[报{point}点|收于{point}点]，成交额{turnover}
d [市场观望情绪较浓|分析人士建议观望]
? 点位=point
= foreign_up | - | + | 外国 大盘 | foreign_index
h {subj}收涨{ipct}
h {country}股市上涨 {subj}涨{ipct}
l {country}股市[收盘上涨|高开]，{subj}[涨|涨幅扩大至|上涨]{ipct}，[科技股领涨|银行股走强]
l {subj}[日内涨幅达|收涨|开盘涨]{ipct}，[创近期新高|连续三日上涨]
r [企业财报好于预期|通胀数据回落]
d {foreign}[涨|股价上涨]{spct2}
? 涨幅=ipct
= foreign_down | - | - | 外国 大盘 | foreign_index
h {subj}收跌{ipct}
h {country}股市下跌 {subj}跌{ipct}
l {country}股市[收盘下跌|低开]，{subj}[跌|跌幅扩大至|下跌]{ipct}，[科技股领跌|银行股走弱]
l {subj}[日内跌幅达|收跌|开盘跌]{ipct}，[创近期新低|连续三日下跌]
r [加息预期升温|经济数据不佳]
d {foreign}[跌|股价下跌]{spct2}
? 跌幅=ipct
= sector_up | - | + | 中国 行业 | sector
h {subj}行业景气度回升 {subj}板块走强
h {broker}：看好{subj}行业投资机会
l {subj}行业[景气度回升|需求回暖]，{period}行业[销售收入|利润总额]同比增长{pct}
l {broker}[研报指出|认为]，{subj}行业[迎来拐点|进入上行周期]，[龙头公司将受益|建议积极关注]
l {subj}板块[异动拉升|持续走强]，{peer}涨{spct}，{peer2}[跟涨|涨停]
r 市场需求[回暖|旺盛]
r 行业政策[支持|利好]
d 行业协会预计全年[产量|销量]增长{pct2}
= sector_down | - | - | 中国 行业 | sector
h {subj}行业需求低迷 {subj}板块走弱
h {broker}：{subj}行业短期承压
l {subj}行业[需求低迷|产能过剩]，{period}行业[销售收入|利润总额]同比下降{pct}
l {broker}[研报指出|认为]，{subj}行业[竞争加剧|仍处于下行周期]，[企业盈利承压|建议谨慎]
l {subj}板块[持续走低|大幅下挫]，{peer}跌{spct}，{peer2}[跟跌|跌停]
r 市场需求[低迷|疲软]
r 产能[过剩|扩张过快]
d 行业协会预计全年[产量|销量]下降{pct2}
= sector_info | - | 0 | 中国 行业 | sector
h {place}将举办{subj}行业大会
h {place}公布{subj}行业统计数据
l {subj}行业大会将于{date}在{place}举行，[{count}家企业参会|会期三天]
l {place}[公布|发布]{subj}行业[企业名单|统计数据]，共有{count}家企业[入选|纳入统计]
d 大会由{subj}行业协会主办
= policy_easy | - | + | 中国 政策 | cn_office
h {subj}：加大对{sector}行业支持力度
h {subj}：出台{few}项措施支持{sector}发展
l {subj}[发布通知|印发意见]，[加大对{sector}行业的支持力度|支持{sector}企业发展]，[安排专项资金|提供资金支持]{amount}
l {subj}[表示|召开会议指出]，将[加大税收优惠|降低企业融资成本]，促进{sector}行业[健康发展|平稳发展]
d 业内人士认为，[政策利好相关企业|该政策将提振市场信心]
? 支持行业=sector
= policy_tight | - | - | 中国 政策 | cn_office
h {subj}：从严监管{sector}行业
h {subj}：严厉打击{sector}领域违法违规行为
l {subj}[发布通知|印发文件]，[从严监管{sector}行业|加强{sector}领域监管]，[违规企业将被停业整顿|暂停相关业务审批]
l {subj}[表示|有关负责人表示]，将[严厉打击|集中整治]{sector}领域违法违规行为，[已查处企业|已处罚机构]{count}家
d 业内人士认为，[行业短期将受到冲击|相关企业成本将上升]
? 监管行业=sector
= policy_neutral | - | 0 | 中国 政策 | cn_office
h {subj}就{sector}管理办法公开征求意见
h {subj}发布{sector}行业统计办法
l {subj}[就|近日就]{sector}行业管理办法[公开征求意见|征求社会意见]，[意见反馈截止|截止日期为]{date}
l {subj}[召开例行发布会|举行座谈会]，[介绍{sector}行业有关情况|听取{sector}企业意见]
d 办法[自公布之日起施行|共{few}章]
= pboc | - | 0 | 中国 经济 政策 | pboc
h 央行开展{big}逆回购操作 利率{rate}
h 央行：开展{big}中期借贷便利操作
l 央行[公告|今日公告]，为维护银行体系流动性合理充裕，开展{big}[7天期|14天期]逆回购操作，中标利率{rate}
l 央行{date}开展{big}中期借贷便利操作，[利率|操作利率]{rate}，与上次持平
d 今日有{big2}逆回购到期
? 操作金额=big 中标利率=rate
= macro_up | - | + | 中国 经济 | stats
h {subj}：{period}{macro}同比增长{spct}
h {period}{macro}同比增{spct} 好于预期
l {subj}[数据显示|公布]，{period}{macro}同比增长{spct}，[好于市场预期|增速比上期加快{sp}个百分点]
l {period}{place}{macro}同比增长{spct}，[经济持续恢复|经济运行稳中向好]
r [消费回暖|出口回升]
d 专家认为，经济[恢复势头良好|有望继续回升]
? 同比增幅=spct
= macro_down | - | - | 中国 经济 | stats
h {subj}：{period}{macro}同比下降{spct}
h {period}{macro}同比降{spct} 不及预期
l {subj}[数据显示|公布]，{period}{macro}同比下降{spct}，[不及市场预期|降幅比上期扩大{sp}个百分点]
l {period}{place}{macro}同比下降{spct}，[经济下行压力加大|经济恢复放缓]
r [消费低迷|出口下滑]
d 专家认为，经济[下行压力较大|恢复基础尚不牢固]
? 同比降幅=spct
= foreign_macro_up | - | + | 外国 经济 | country
h {subj}{period}{fmacro}好于预期
h {subj}{period}{fmacro}环比增长{spct}
l {subj}{period}{fmacro}[环比增长|同比增长]{spct}，[预期|市场预期]为{spct2}，[经济表现强劲|好于预期]
r [就业改善|消费回暖]
d 经济学家[上调了|调高了]{subj}全年增长预期
? 增幅=spct
= foreign_macro_down | - | - | 外国 经济 | country
h {subj}{period}{fmacro}不及预期
h {subj}{period}{fmacro}环比下降{spct}
l {subj}{period}{fmacro}[环比下降|同比下降]{spct}，[预期|市场预期]为{spct2}，[经济陷入衰退|不及预期]
r [通胀高企|需求疲软]
d 经济学家[下调了|调低了]{subj}全年增长预期
? 降幅=spct
= foreign_rate | - | 0 | 外国 经济 政策 | central_bank
h {subj}维持利率在{rate}不变
h {subj}公布利率决议
l {subj}[宣布|公布利率决议]，将基准利率[维持在|保持在]{rate}不变，[符合市场预期|与此前预期一致]
l {subj}{date}[公布会议纪要|召开议息会议]，[多数委员支持维持利率不变|利率决议将于{date}公布]
d 下次会议将于{date2}举行
? 基准利率=rate
= foreign_politics | - | 0 | 外国 政治 | country
h {subj}总统将于{date}访问{country2}
h {subj}议会通过新法案
l {subj}[总统|总理|外长][表示|称]，将于{date}访问{country2}，[就双边关系举行会谈|讨论安全问题]
l {subj}[议会|参议院][通过|表决通过]一项[选举法案|预算法案|移民法案]，[总统将签署|将于{date}生效]
d [反对党对此提出批评|执政党支持率为{pct}]
= world_politics | - | - | 国际 政治 | country
h {subj}宣布对{country2}实施制裁
h {subj}与{country2}谈判破裂
l {subj}[宣布|政府宣布]对{country2}[{few}家企业|{few}名官员]实施制裁，{country2}[表示强烈反对|称将采取反制措施]
l {subj}与{country2}的[边境冲突|外交争端][升级|加剧]，[双方互相驱逐外交官|局势持续紧张]
d 联合国呼吁双方[保持克制|通过对话解决争端]
= world_talks | - | + | 国际 政治 | country
h {subj}与{country2}签署和平协议
h {subj}与{country2}达成共识
l {subj}与{country2}[签署和平协议|恢复外交关系]，[两国领导人表示欢迎|局势明显缓和]
l {subj}与{country2}领导人[举行会谈|通电话]，就[贸易问题|安全问题][达成共识|取得积极进展]
d 联合国对此表示欢迎
= world_economy | - | - | 国际 经济 | world_bank
h {subj}：下调全球经济增长预期至{spct}
h {subj}警告全球经济衰退风险
l {subj}[发布报告|最新报告]，将[今年全球经济增速|全球贸易增速]预期下调至{spct}
l {subj}[警告称|表示]，全球[经济衰退风险上升|债务风险上升]，[多国通胀高企|复苏前景黯淡]
d 报告称，{country}经济增速将降至{spct2}
? 增速预期=spct
= world_economy_up | - | + | 国际 经济 | world_bank
h {subj}：上调全球经济增长预期至{spct}
l {subj}[发布报告|最新报告]，将[今年全球经济增速|全球贸易增速]预期上调至{spct}
d 报告称，{country}经济增速将升至{spct2}
? 增速预期=spct
= futures_up | - | + | 中国 期货 | cn_future
h {subj}主力合约涨{spct}
h 国内期货：{subj}涨超{int}%
l [国内期货主力合约多数上涨|夜盘开盘]，{subj}[涨|涨超|大涨]{spct}，{future2}涨{spct2}
l {subj}期货主力合约[日内涨幅达|封涨停，涨幅]{spct}，报{fprice}元/吨
r [库存下降|供应偏紧]
d {broker}期货研究员认为，{subj}[短期偏强运行|价格仍有上行空间]
? 涨幅=spct
= futures_down | - | - | 中国 期货 | cn_future
h {subj}主力合约跌{spct}
h 国内期货：{subj}跌超{int}%
l [国内期货主力合约多数下跌|夜盘开盘]，{subj}[跌|跌超|大跌]{spct}，{future2}跌{spct2}
l {subj}期货主力合约[日内跌幅达|封跌停，跌幅]{spct}，报{fprice}元/吨
r [库存增加|需求偏弱]
d {broker}期货研究员认为，{subj}[短期偏弱运行|价格仍有下行风险]
? 跌幅=spct
= oil_up | - | + | 国际 期货 能源 | energy_future
h {subj}期货涨{spct}
h 国际油价上涨 {subj}涨{spct}
l {subj}期货[收涨|日内涨|大涨]{spct}，报{oil}美元
l 国际[能源|原油]期货[收盘上涨|集体走高]，{subj}涨{spct}
r [欧佩克减产|库存意外下降]
d 欧佩克表示[将继续减产|市场供应偏紧]
? 涨幅=spct
= oil_down | - | - | 国际 期货 能源 | energy_future
h {subj}期货跌{spct}
h 国际油价下跌 {subj}跌{spct}
l {subj}期货[收跌|日内跌|大跌]{spct}，报{oil}美元
l 国际[能源|原油]期货[收盘下跌|集体走低]，{subj}跌{spct}
r [欧佩克增产|库存意外增加]
d 欧佩克表示[将逐步增产|需求前景不佳]
? 跌幅=spct
= metal_up | - | + | 国际 期货 | metal_future
h {subj}期货涨{spct}
l {subj}期货[收涨|日内涨|大涨]{spct}，报{usd}美元
l 国际商品期货[普遍上涨|集体走高]，{subj}涨{spct}
r [美元走弱|避险需求上升]
d 分析师认为价格[仍有上涨空间|短期偏强]
? 涨幅=spct
= metal_down | - | - | 国际 期货 | metal_future
h {subj}期货跌{spct}
l {subj}期货[收跌|日内跌|大跌]{spct}，报{usd}美元
l 国际商品期货[普遍下跌|集体走低]，{subj}跌{spct}
r [美元走强|需求不振]
d 分析师认为价格[仍有下跌空间|短期偏弱]
? 跌幅=spct
= bond_market | - | 0 | 中国 债券 | bond
h {subj}收益率报{rate}
h {place}发行{big}{subj}
l {subj}[收益率|到期收益率]报{rate}，[与前一日持平|变动不大]，[债券市场交投平淡|资金面均衡]
l {place}[招标发行|成功发行]{big}{subj}，票面利率{rate}，[期限7年|全场倍数{few}倍]
d 银行间市场回购利率为{rate2}
? 利率=rate
= bond_world | - | 0 | 外国 债券 | country
h {subj}10年期国债收益率报{rate}
l {subj}10年期国债收益率[报|升至|降至]{rate}，[2年期国债收益率|30年期国债收益率]报{rate2}
l {subj}财政部拍卖{few}0亿美元10年期国债，[得标利率|中标利率]{rate}
d 投资者[关注|等待]{subj}央行会议
? 收益率=rate
= house_up | - | + | 中国 房地产 | place
h {subj}{period}商品房成交面积增长{pct}
h {subj}楼市回暖 成交量上升{pct}
l {subj}{period}[新房|二手房|商品房]成交{count}套，同比增长{pct}，[楼市回暖|成交活跃]
l {subj}[出台楼市新政|降低首付比例]，[房贷利率降至|首套房贷利率下调至]{hrate}，[购房需求释放|市场信心恢复]
r [房贷利率下调|限购放松]
d {developer}等房企在{subj}加快推盘
? 成交增幅=pct
= house_down | - | - | 中国 房地产 | place
h {subj}{period}商品房成交面积下降{pct}
h {subj}楼市遇冷 成交量下滑{pct}
l {subj}{period}[新房|二手房|商品房]成交{count}套，同比下降{pct}，[楼市遇冷|成交低迷]
l {subj}房价连续{few}个月下跌，[多家房企打折促销|库存去化周期拉长]，{period}成交量下滑{pct}
r [购房者观望|限购收紧]
d {developer}等房企[销售回款放缓|降价促销]
? 成交降幅=pct
= fx_up | - | + | 中国 外汇 | rmb
h 人民币对{currency}中间价上调{points}个基点
h 人民币对{currency}升值{points}点
l 人民币对{currency}中间价[报|今日报]{fx}，[较上日上调|上调]{points}个基点
l [在岸人民币|离岸人民币]对{currency}[升值|大涨]{points}点，报{fx}
r {currency}走弱
d 外汇局表示，[跨境资金流动平稳|外汇市场供求基本平衡]
? 调整基点=points 汇率=fx
= fx_down | - | - | 中国 外汇 | rmb
h 人民币对{currency}中间价下调{points}个基点
h 人民币对{currency}贬值{points}点
l 人民币对{currency}中间价[报|今日报]{fx}，[较上日下调|下调]{points}个基点
l [在岸人民币|离岸人民币]对{currency}[贬值|大跌]{points}点，报{fx}
r {currency}走强
d 外汇局表示，[跨境资金流动平稳|外汇市场供求基本平衡]
? 调整基点=points 汇率=fx
= fx_world | - | 0 | 国际 外汇 | currency
h {subj}对{currency}汇率报{fx}
h {subj}对{currency}汇率变动不大
l {subj}对{currency}[汇率|即期汇率]报{fx}，[日内波动不大|变动{points}点]
l 外汇市场上，{subj}对{currency}[窄幅波动|小幅波动]，报{fx}
d 交易员[等待{central}会议结果|关注{country}经济数据]
? 汇率=fx
= coin_up | - | + | 国际 虚拟货币 | coin
h {subj}突破{usd}美元 日内涨{spct}
h {subj}日内涨{spct}
l {subj}[突破|升破]{usd}美元[关口|]，日内[涨幅达|涨]{spct}
l 虚拟货币[普涨|集体上涨]，{subj}涨{spct}，{coin2}涨{spct2}
d {coinfirm}成交量[上升|放大]{pct}
? 涨幅=spct
= coin_down | - | - | 国际 虚拟货币 | coin
h {subj}跌破{usd}美元 日内跌{spct}
h {subj}日内跌{spct}
l {subj}[跌破|失守]{usd}美元[关口|]，日内[跌幅达|跌]{spct}
l 虚拟货币[普跌|集体下跌]，{subj}跌{spct}，{coin2}跌{spct2}，[{count}人爆仓|爆仓金额{usd}万美元]
d {coinfirm}[暂停提币|遭黑客攻击]
? 跌幅=spct
= covid_cn | - | - | 中国 新冠 | place
h {subj}新增新冠确诊病例{few}例
h {subj}：新增新冠肺炎本土病例{few}例
l {subj}[卫健委通报|疾控中心通报]，{date}新增新冠肺炎确诊病例{few}例，无症状感染者{count}例
l {subj}[召开疫情防控发布会|通报疫情]，新增{few}例新冠本土病例，[部分区域实行封控管理|将开展全员核酸检测]
r [聚集性疫情|境外输入]
d [密切接触者已集中隔离|当地倡导市民非必要不外出]
? 新增病例=few
= covid_cn_up | - | + | 中国 新冠 | place
h {subj}新冠疫情好转 有序复工复产
h {subj}：连续{few}天无新增新冠病例
l {subj}[连续{few}天无新增新冠病例|新冠疫情得到有效控制]，[有序恢复生产生活秩序|企业全面复工复产]
r [防控措施有力|疫苗接种率提高]
d 当地新冠疫苗接种率达到{hpct}
= covid_world | - | - | 外国 新冠 | country
h {subj}新增新冠确诊病例{count}例
l {subj}[卫生部|政府]公布，{date}新增新冠确诊病例{count}例，[新增死亡病例{few}例|累计死亡病例继续上升]
d 世界卫生组织[提醒加强疫苗接种|对此表示关切]
? 新增病例=count
= energy_cn | - | 0 | 中国 行业 能源 | energy_good
h {place}{period}{subj}产量{count}万吨
h 国家能源局：{period}{subj}供应平稳
l 国家能源局[数据显示|介绍]，{period}{subj}[产量|供应量]为{count}万吨，[供需总体平衡|与去年同期基本持平]
l {place}[公布|统计数据显示]，{period}{subj}产量{count}万吨，[库存处于正常水平|供应平稳]
d {place}还将[新建{subj}储备基地|完善{subj}运输通道]
? 产量=count
= energy_world | - | 0 | 外国 能源 | country
h {subj}{period}{egood}产量为{count}万桶
l {subj}[能源部|政府]公布，{period}{egood}产量为{count}万桶，[变动不大|与预期一致]
d 国际能源署将于{date}公布月度报告
? 产量=count
= trade_world | - | 0 | 国际 政策 | country
h {subj}与{country2}将就贸易协定举行谈判
l {subj}与{country2}将于{date}就[关税|贸易协定]问题[举行谈判|举行第{few}轮磋商]
l 世贸组织[就{subj}与{country2}的关税争端举行听证|公布贸易规则修订草案]，[{date}表决|各成员国将投票]
d 双方贸易额为{usd}亿美元
"""
