"""What can happen in the small world: event kinds with their polarity, topics and several ways to say them."""

from typing import NamedTuple

from .corpus_grammar import patterns


class Kind(NamedTuple):
    """A kind of event: everything that is said about it derives from one record of slots."""

    name: str
    label: str  # event type as the extraction tasks name it; "" where they have none
    polarity: int
    topics: tuple
    subject: str  # company | place of the lexicon the subject is drawn from
    heads: tuple
    leads: tuple
    reasons: tuple
    details: tuple
    asks: dict  # what can be asked -> slot that answers


KINDS = {}


def _kind(name, label, polarity, topics, subject, heads, leads, reasons="", details="", asks=""):
    pairs = dict(item.split("=") for item in asks.split())
    KINDS[name] = Kind(
        name, label, polarity, tuple(topics.split()), subject, patterns(heads), patterns(leads), patterns(reasons),
        patterns(details), pairs,
    )  # fmt: skip


_kind("profit_up", "业绩增长", 1, "公司", "company", """
{subj}：{period}净利润同比增长{pct}
{subj}{period}实现净利润{amount} 同比[增|增长]{pct}
{subj}{period}业绩大增 净利润增长{pct}
""", """
{subj}[公告|披露公告|发布业绩公告]，{period}实现净利润{amount}，同比[增长|增加|上升]{pct}
{subj}[预计|预告]{period}归属于上市公司股东的净利润为{amount}，[比上年同期增长|较去年同期增长]{pct}
{period}，{subj}[业绩亮眼|交出亮眼成绩单|业绩超出市场预期]，营业收入[增长|上升]{pct2}，净利润达到{amount}，增幅为{pct}
据{subj}财报显示，公司{period}净利润{amount}，同比增幅达{pct}，[创历史新高|好于市场预期|盈利能力持续提升]
""", """
{product}销量[大幅增长|稳步增长]
{product}价格上涨
{material}价格回落
{product}订单[充足|饱满]
""", """
公司{product}业务[收入快速增长|市场份额继续扩大]
报告期内，公司毛利率[提升|上升]至{pct3}
""", "净利润=amount 净利润同比增幅=pct 报告期=period")
_kind("profit_down", "业绩下滑", -1, "公司", "company", """
{subj}：{period}净利润同比下降{pct}
{subj}{period}业绩下滑 净利润减少{pct}
{subj}{period}净利润{amount} 同比[降|下降]{pct}
""", """
{subj}[公告|披露公告|发布业绩公告]，{period}实现净利润{amount}，同比[下降|减少|下滑]{pct}
{subj}[预计|预告]{period}归属于上市公司股东的净利润为{amount}，[比上年同期下降|较去年同期减少]{pct}
{period}，{subj}[业绩不及预期|业绩承压|业绩明显下滑]，营业收入[下降|减少]{pct2}，净利润仅{amount}，降幅为{pct}
据{subj}财报显示，公司{period}净利润{amount}，同比降幅达{pct}，[低于市场预期|盈利能力明显减弱]
""", """
{product}销量[大幅下滑|持续下降]
{product}价格下跌
{material}价格大幅上涨
{product}需求疲软
""", """
公司{product}业务[收入明显下滑|市场份额被竞争对手抢占]
报告期内，公司毛利率[下滑|下降]至{pct3}
""", "净利润=amount 净利润同比降幅=pct 报告期=period")
_kind("loss", "亏损", -1, "公司", "company", """
{subj}：{period}亏损{amount}
{subj}{period}由盈转亏 净亏损{amount}
{subj}预计{period}净亏损{amount}
""", """
{subj}[公告|披露]，{period}净亏损{amount}，[上年同期盈利{profit}|去年同期净利润为{profit}]
{subj}预计{period}亏损{amount}，[公司由盈转亏|业绩大幅低于预期]
{subj}{period}[巨亏|亏损]{amount}，公司[计提资产减值{amount2}|计提商誉减值{amount2}]
""", """
计提大额商誉减值
{product}价格[大幅|持续]下跌
{product}项目停产
应收账款无法收回
""", """
公司称[将加强成本控制，力争早日扭亏|未来经营仍存在不确定性]
""", "亏损金额=amount 报告期=period")
_kind("turnaround", "扭亏为盈", 1, "公司", "company", """
{subj}：{period}扭亏为盈 净利润{amount}
{subj}{period}实现扭亏 盈利{amount}
""", """
{subj}[公告|披露]，{period}实现净利润{amount}，上年同期亏损{profit}，[同比扭亏为盈|成功扭亏]
{subj}预计{period}盈利{amount}，[公司实现扭亏为盈|结束了连续亏损的局面]
""", """
{product}业务[全面恢复|快速增长]
费用[大幅下降|控制得当]
""", """
公司{product}订单[明显回升|持续增加]
""", "盈利金额=amount 报告期=period")
_kind("buyback", "股份回购", 1, "公司", "company", """
{subj}：拟以{amount}回购公司股份
{subj}拟回购{amount}股份
{subj}：拟{amount}回购股份 价格不超过{price}
""", """
{subj}[公告|披露公告]，[拟|计划]以自有资金{amount}回购公司股份，回购价格不超过{price}/股
{subj}董事会审议通过回购方案，[拟|将]回购股份{shares}，回购资金总额为{amount}
{subj}[今日|{date}]公告称，公司计划回购{shares}，占总股本的{hold}，回购资金{amount}
""", """
对公司未来发展充满信心
维护投资者利益
用于员工持股计划
""", """
本次回购的股份将用于[股权激励|员工持股计划|注销]
回购期限为自董事会通过之日起[6|12]个月内
""", "回购金额=amount 回购方=subj")
_kind("increase", "股东增持", 1, "公司", "company", """
{subj}：{holder}增持{shares}
{subj}获{holder}增持 耗资{amount}
{subj}：{holder}拟增持不低于{amount}
""", """
{subj}[公告|披露]，{holder}[于{date}增持|增持了]公司股份{shares}，[占总股本的|占比]{hold}
{subj}收到{holder}通知，[计划在未来六个月内|拟]增持公司股份，金额不低于{amount}
{holder}[看好{subj}的发展|对{subj}有信心]，[出手|斥资{amount}]增持{subj}{shares}
""", """
看好公司长期价值
对公司未来发展充满信心
""", """
增持后{holder}持股比例[升至|达到]{hold2}
""", "增持方=holder 增持股份数量=shares")
_kind("reduce", "股东减持", -1, "公司", "company", """
{subj}：{holder}拟减持不超过{hold}股份
{subj}遭{holder}减持{shares}
{subj}：{holder}减持{shares} 套现{amount}
""", """
{subj}[公告|披露]，{holder}[拟|计划]减持公司股份不超过{shares}，[占总股本的|占比]{hold}
{subj}[遭|被]{holder}[大幅减持|减持]，{date}[减持股份|合计卖出]{shares}，套现{amount}
{holder}[再次抛售|减持]{subj}{shares}，[套现约|套现]{amount}
""", """
自身资金需求
偿还借款的需要
""", """
减持后{holder}持股比例[降至|下降到]{hold2}
""", "减持方=holder 减持股份数量=shares")
_kind("pledge", "股份质押", 0, "公司", "company", """
{subj}：{holder}质押{shares}
{subj}：{holder}质押{shares} 占总股本{hold}
""", """
{subj}[公告|披露]，{holder}将所持{shares}[质押给|办理质押，质权人为]{broker}，占公司总股本的{hold}
{subj}{date}公告，{holder}办理了股份质押，[质押股份|质押数量]{shares}，质权人为{broker}
""", """
自身融资需要
补充流动资金
""", """
截至公告日，{holder}累计质押股份占其所持股份的{pct2}
""", "质押方=holder 质押股份数量=shares 质权人=broker")
_kind("unpledge", "解除质押", 0, "公司", "company", """
{subj}：{holder}解除质押{shares}
{subj}：{holder}所持{shares}解除质押
""", """
{subj}[公告|披露]，{holder}质押给{broker}的{shares}[已解除质押|办理了解除质押手续]，占总股本的{hold}
{subj}{date}收到{holder}通知，其所持{shares}解除质押
""", "", """
本次解除质押后，{holder}剩余质押股份占其所持股份的{pct2}
""", "解除质押方=holder 解除质押股份数量=shares")
_kind("acquire", "企业收购", 1, "公司", "company", """
{subj}：拟{amount}收购{obj}{pct}股权
{subj}拟收购{obj} 交易价{amount}
{subj}{amount}收购{obj}
""", """
{subj}[公告|披露公告]，[拟|计划]以{amount}收购{obj}{pct}股权
{subj}与{obj}股东签署[股权收购协议|收购协议]，[交易价格为|交易对价]{amount}，收购{obj}{pct}股权
{subj}{date}宣布，[斥资|出资]{amount}收购{obj}，[交易完成后持股|将持有]{pct}股权
""", """
[完善|延伸]产业链布局
拓展{product}业务
""", """
交易完成后，{obj}将成为公司[控股子公司|全资子公司]
""", "收购方=subj 收购标的=obj 交易金额=amount")
_kind("reorg_fail", "重组失败", -1, "公司", "company", """
{subj}：终止重大资产重组
{subj}终止收购{obj}
{subj}与{obj}重组告吹
""", """
{subj}[公告|披露]，决定终止[收购{obj}的重大资产重组|与{obj}的重大资产重组]
{subj}[筹划数月|历时半年]的重组[告吹|宣告失败]，公司将不再收购{obj}
""", """
交易双方未能就[价格|核心条款]达成一致
市场环境发生较大变化
""", """
公司承诺[一个月|三个月]内不再筹划重大资产重组
""", "重组方=subj 重组标的=obj")
_kind("contract", "签署合同", 1, "公司", "company", """
{subj}：签订{amount}{product}合同
{subj}中标{amount}{project}项目
{subj}与{obj}签订{amount}大单
""", """
{subj}[公告|披露]，与{obj}[签订|签署]{product}[销售合同|采购合同]，合同金额{amount}
{subj}[公告|公告称]，公司中标{place}{project}项目，中标金额{amount}
{subj}{date}[收到中标通知书|确认中标]，[成为{place}{project}项目的中标单位|中标{place}{project}项目]，金额[合计|约]{amount}
""", """
公司{product}竞争力突出
{product}市场需求旺盛
""", """
合同[履行将对公司业绩产生积极影响|金额占公司上年营业收入的{pct}]
""", "中标金额=amount 合同签署方=subj")
_kind("coop", "战略合作", 1, "公司", "company", """
{subj}：与{obj}签署战略合作协议
{subj}携手{obj}布局{product}
""", """
{subj}与{obj}[签署|达成]战略合作协议，双方将在{product}领域[展开合作|深入合作]
{subj}{date}[公告|宣布]，与{obj}[建立战略合作关系|达成合作]，[共同开发|共同推广]{product}
""", """
[拓展|做大]{product}市场
实现优势互补
""", """
双方还将在{place}共建{project}
""", "合作方=obj 合作领域=product")
_kind("lawsuit", "涉及诉讼", -1, "公司", "company", """
{subj}：被{obj}起诉 涉案金额{amount}
{subj}涉及重大诉讼 涉案{amount}
{subj}遭{obj}起诉索赔{amount}
""", """
{subj}[公告|披露]，公司因[合同纠纷|借款纠纷|股权纠纷]被{obj}起诉，涉案金额{amount}
{obj}[将{subj}告上法庭|起诉{subj}]，[要求赔偿|索赔]{amount}，案件已由{place}法院受理
{subj}收到{place}法院传票，[原告{obj}|{obj}]要求其[支付货款|偿还借款]{amount}
""", """
未按约支付货款
专利侵权
借款逾期未还
""", """
该案[尚未开庭审理|可能对公司利润产生不利影响]
""", "原告=obj 涉案金额=amount 被告=subj")
_kind("penalty", "行政处罚", -1, "公司 政策", "company", """
{subj}：被{office}罚款{fine}
{subj}因违规被罚{fine}
{subj}收到{office}行政处罚决定书
""", """
{subj}[因{fault}|涉嫌{fault}]，被{office}[罚款|处以罚款]{fine}
{office}[日前公布处罚决定|{date}开出罚单]，{subj}因{fault}被[罚款|处罚]{fine}
{subj}[公告|披露]，收到{office}行政处罚决定书，[责令改正，并处罚款|合计罚款]{fine}
""", "", """
公司{title}{person}[被给予警告|同时被罚]
公司表示将[认真整改|吸取教训]，加强内部管理
""", "处罚金额=fine 处罚机构=office 处罚对象=subj")
_kind("disclosure", "信批违规", -1, "公司", "company", """
{subj}：因信息披露违规被立案调查
{subj}信披违规 遭{office}立案
""", """
{subj}[公告|披露]，公司因涉嫌信息披露违法违规，被{office}立案调查
{office}[向{subj}下发监管函|对{subj}出具警示函]，称公司[未及时披露|隐瞒了]{holder}占用资金{amount}的情况
""", """
未及时披露关联交易
未及时披露担保事项
""", """
[投资者可依法索赔|公司股票可能被实施风险警示]
""", "调查机构=office")
_kind("fraud", "财务造假", -1, "公司", "company", """
{subj}：涉嫌财务造假 虚增利润{amount}
{subj}被曝虚增收入{amount}
""", """
{office}查明，{subj}[连续三年财务造假|通过虚构业务]，虚增利润{amount}
{subj}[被曝|涉嫌]财务造假，[虚增收入|虚构利润]{amount}，{title}{person}[被采取强制措施|被调查]
""", "", """
[多家基金下调其估值|审计机构已辞任]
""", "虚增金额=amount")
_kind("insider", "交易违规", -1, "公司", "company", """
{subj}：{title}{person}短线交易被警示
{subj}{title}{person}涉内幕交易被查
""", """
{subj}{title}{person}[因涉嫌内幕交易|因短线交易]，被{office}[立案调查|出具警示函]
{subj}[公告|披露]，{title}{person}违规买卖公司股票{shares}，[构成短线交易|涉嫌操纵股价]
""", "", """
{person}[已向投资者致歉|违规所得将归公司所有]
""", "违规人员=person")
_kind("default", "债务违约", -1, "公司 债券", "company", """
{subj}：未能按期兑付{amount}债券
{subj}{amount}债券违约
{subj}债券违约 涉及本金{amount}
""", """
{subj}[公告|披露]，[未能按期兑付|无法按期偿付]{bond}本息，[涉及金额|合计]{amount}，[构成实质违约|已构成违约]
{subj}发行的{bond}[发生违约|到期未能兑付]，涉及本金{amount}
""", """
资金链断裂
流动性紧张
融资渠道受阻
""", """
[债券持有人将召开会议商讨对策|评级机构已下调公司信用评级]
""", "违约金额=amount 违约债券=bond")
_kind("bond_issue", "发行债券", 0, "公司 债券", "company", """
{subj}：拟发行不超过{amount}{bond}
{subj}完成发行{amount}{bond}
""", """
{subj}[公告|披露]，[拟|计划]发行规模不超过{amount}的{bond}，期限[3|5]年
{subj}{date}完成{bond}发行，[发行规模|募集资金]{amount}，票面利率{rate}
""", """
补充流动资金
偿还有息债务
""", """
本期债券由{broker}承销
""", "发行金额=amount 发行方=subj")
_kind("rating_up", "评级上调", 1, "公司", "company", """
{broker}：上调{subj}评级至{up}
{broker}上调{subj}目标价至{price}
""", """
{broker}[发布研报|研报]称，[上调|调高]{subj}评级至“{up}”，目标价{price}
{broker}[分析师{person}|研报]表示，[看好{subj}{product}业务|{subj}{product}业务前景良好]，上调目标价至{price}
""", """
{product}业务[增长超预期|景气度回升]
盈利能力[持续改善|超预期]
""", """
预计公司未来三年净利润复合增速为{pct}
""", "评级机构=broker 目标价=price")
_kind("rating_down", "评级下调", -1, "公司", "company", """
{broker}：下调{subj}评级至{down}
{broker}下调{subj}目标价至{price}
""", """
{broker}[发布研报|研报]称，[下调|调低]{subj}评级至“{down}”，目标价{price}
{broker}[分析师{person}|研报]表示，[担忧{subj}{product}业务|{subj}{product}业务前景黯淡]，下调目标价至{price}
""", """
{product}业务[增长乏力|竞争加剧]
盈利能力[持续恶化|不及预期]
""", """
预计公司未来一年净利润将下滑{pct}
""", "评级机构=broker 目标价=price")
_kind("resign", "高管变动", 0, "公司", "company", """
{subj}：{title}{person}辞职
{subj}：{title}{person}因个人原因辞职
""", """
{subj}[公告|披露]，{title}{person}因[个人原因|工作调整|年龄原因]辞去{title}职务，[辞职后不再担任公司任何职务|辞职报告自送达董事会之日起生效]
{subj}董事会{date}收到{title}{person}的辞职报告，[由{person2}代行职责|公司将尽快选聘新任{title}]
""", "", """
[公司对其任职期间的贡献表示感谢|其未持有公司股份]
""", "辞职人员=person 职务=title")
_kind("appoint", "高管变动", 0, "公司", "company", """
{subj}：聘任{person}为{title}
{subj}：选举{person}为{title}
""", """
{subj}[公告|披露]，董事会[同意聘任|聘任]{person}为公司{title}，任期三年
{subj}{date}召开董事会，[选举|聘任]{person}[担任|为]{title}，接替{person2}
""", "", """
{person}此前曾任职于{broker}
""", "任职人员=person 职务=title")
_kind("arrest", "高管负面", -1, "公司", "company", """
{subj}：{title}{person}被公安机关拘留
{subj}{title}{person}失联
""", """
{subj}[公告|披露]，{title}{person}因涉嫌[职务侵占|挪用资金|受贿]被[公安机关拘留|采取强制措施]
{subj}[公告称|表示]，公司[无法与{title}{person}取得联系|{title}{person}已失联多日]
""", "", """
公司称[目前生产经营正常|该事项影响尚难判断]
""", "涉事人员=person")
_kind("listing", "公司上市", 1, "公司", "company", """
{subj}：旗下{child}在{board}上市
{subj}旗下{child}在{board}上市
""", """
{subj}旗下{child}[{date}正式登陆|成功登陆]{board}，[募集资金|首发募资]{amount}，首日[收涨|大涨]{pct}
{subj}分拆{child}在{board}上市[获受理|获批准]，[拟募资|募资]{amount}
""", "", """
募集资金将用于[{project}建设|{product}研发]
""", "募资金额=amount 上市板块=board")
_kind("financing", "企业融资", 1, "公司", "unlisted", """
{subj}完成{raise}{round}融资
{subj}获{fund}{raise}投资
""", """
{subj}[宣布|{date}宣布]完成{raise}{round}融资，[由{fund}领投|投资方为{fund}]
{fund}[领投|投资]{subj}{round}融资，[金额达|融资金额]{raise}
""", "", """
[本轮资金将用于产品研发和市场推广|公司估值升至{val}]
""", "融资金额=raise 投资方=fund 融资轮次=round")
_kind("collapse", "失联跑路", -1, "公司", "unlisted", """
{subj}被曝跑路 涉及资金{amount}
{subj}实控人失联 投资者无法提现
{subj}被曝爆雷 {count}名投资者被套
""", """
[有投资者反映|多名投资者称]，{subj}[已人去楼空|实控人{person}失联]，[未兑付资金|涉及资金]{amount}
{subj}被曝[跑路|爆雷]，[平台已无法登录|客服电话无人接听]，{count}名投资者[本金难以收回|被套]
""", "", """
{place}警方已[介入调查|立案侦查]
""", "涉及金额=amount")
_kind("withdraw", "提现困难", -1, "公司", "unlisted", """
{subj}提现困难 投资者上门维权
{subj}逾期{amount} 暂停提现
""", """
{subj}[出现提现困难|宣布暂停提现]，[逾期金额|待还余额]{amount}
[多名用户|{count}名投资者]投诉{subj}[无法提现|拖延提现]，[平台称系统升级|客服回应称正在处理]
""", "", """
[监管部门已约谈平台负责人|投资者准备集体起诉]
""", "逾期金额=amount")
_kind("illegal", "涉嫌非法集资", -1, "公司", "unlisted", """
{subj}涉嫌非法集资{amount}被查
{subj}涉非法集资 负责人{person}被捕
""", """
{place}警方通报，{subj}涉嫌非法集资{amount}，[负责人{person}已被刑事拘留|{person}等{count}人被捕]
{subj}[因涉嫌非法集资|涉嫌非法吸收公众存款]被[立案侦查|查处]，[涉案金额|涉及资金]{amount}
""", "", """
[警方提醒投资者尽快报案|受害人遍布全国多地]
""", "涉案金额=amount")
_kind("complaint", "投诉维权", -1, "公司", "company", """
{subj}{product}遭用户集中投诉
{subj}被{count}名消费者投诉
""", """
[多名消费者|{count}名用户]投诉{subj}{product}[存在质量问题|虚假宣传|售后推诿]
{subj}[因{product}质量问题|因{product}收费不合理]被消费者[集体维权|投诉]，[当地监管部门已介入|公司尚未回应]
""", "", """
[相关话题登上热搜|消费者要求退款]
""", "投诉产品=product")
_kind("recall", "产品违规", -1, "公司", "maker", """
{subj}召回{count}件{product}
{subj}：{product}抽检不合格
""", """
{subj}{product}[在抽检中被判不合格|被检出质量不达标]，[{office}责令下架|产品已被下架]
{subj}宣布召回{count}件{product}，[原因是存在安全隐患|产品存在缺陷]
""", "", """
公司[致歉|向消费者道歉]并[承诺退款|表示将整改]
""", "召回产品=product 召回数量=count")
_kind("accident", "安全事故", -1, "公司", "maker", """
{subj}{place}工厂发生{accident}
{subj}：{place}厂区{accident} 临时停产
""", """
{subj}{place}[工厂|厂区]{date}发生{accident}事故，[造成{few}人受伤|造成{few}人死亡]，[生产线已停产|临时停产]
{subj}[公告|披露]，{place}子公司发生{accident}，[预计损失|直接损失约]{amount}
""", "", """
[事故原因正在调查|公司已启动应急预案]
""", "事故地点=place 事故类型=accident")
_kind("launch", "产品发布", 1, "公司", "maker", """
{subj}发布新款{product}
{subj}：新一代{product}正式上市
""", """
{subj}{date}[发布|推出]新一代{product}，[性能提升|成本降低]{pct}，[市场反响热烈|订单火爆]
{subj}[在{place}举行发布会|召开发布会]，推出[全新|新款]{product}，[首日订单金额|首批订单]{amount}
""", "", """
[该产品已实现量产|公司预计明年销量翻倍]
""", "发布产品=product 发布方=subj")
_kind("approve", "产品获批", 1, "公司", "maker", """
{subj}：{product}获批上市
{subj}{product}获得生产许可
""", """
{subj}[公告|披露]，公司{product}[获得生产许可|通过国家认证|获批上市]，[有望带来新的增长点|将丰富公司产品线]
{subj}{product}项目[顺利通过验收|获得主管部门批准]，[预计年产值|年产值可达]{amount}
""", "", """
公司为此累计投入研发资金{amount2}
""", "获批产品=product")
_kind("expand", "投资扩产", 1, "公司", "maker", """
{subj}：拟{amount}投建{place}{project}
{subj}{amount}加码{product}
""", """
{subj}[公告|披露]，[拟|计划]投资{amount}在{place}建设{product}{project}
{subj}与{place}政府签约，[投资|总投资]{amount}建设{project}，[扩大{product}产能|提升{product}产能]
""", """
{product}市场需求旺盛
现有产能不足
""", """
项目建成后，公司{product}产能将提升{pct}
""", "投资金额=amount 项目地点=place")
_kind("halt", "停产停业", -1, "公司", "maker", """
{subj}：{place}工厂停产
{subj}{product}生产线停产
""", """
{subj}[公告|披露]，{place}工厂自{date}起停产，[预计影响收入|预计减少收入]{amount}
{subj}{product}生产线[被迫停产|临时停产]，[复产时间尚不确定|预计损失{amount}]
""", """
环保不达标
{material}供应紧张
限电
""", """
公司正在[与当地政府沟通复产事宜|积极组织复产]
""", "停产地点=place")
_kind("layoff", "裁员", -1, "公司", "company", """
{subj}裁员{count}人
{subj}：拟裁员{pct}
""", """
{subj}[被曝|宣布]裁员{count}人，[约占员工总数的|占比]{pct}，[涉及{product}业务|以{product}部门为主]
[据知情人士透露|有消息称]，{subj}正在[大规模裁员|关闭{place}分部]，裁员比例[达|约]{pct}
""", """
{product}业务持续亏损
成本压力加大
""", """
[公司称属于正常业务调整|员工对补偿方案表示不满]
""", "裁员人数=count 裁员比例=pct")
_kind("bankrupt", "企业破产", -1, "公司", "company", """
{subj}：被申请破产重整
{subj}：无力偿债 被{obj}申请破产
""", """
{subj}[公告|披露]，被债权人{obj}[申请破产重整|向{place}法院申请破产清算]
{subj}因[资不抵债|无力偿还到期债务]，[进入破产程序|被法院裁定破产]，债务总额{amount}
""", "", """
[公司股票存在终止上市风险|债权申报工作已经启动]
""", "申请人=obj")
_kind("delist", "退市风险", -1, "公司", "company", """
{subj}：股票可能被终止上市
{subj}收到终止上市事先告知书
""", """
{subj}[公告|提示风险]，公司股票[连续十五个交易日低于1元|因连续亏损]，可能被终止上市
{subj}收到交易所[终止上市事先告知书|关注函]，公司股票[将被实施退市风险警示|面临退市]
""", """
连续三年亏损
财务报告被出具否定意见
""", """
[公司股票今日停牌|投资者应注意投资风险]
""")
_kind("dividend", "分红派息", 1, "公司", "company", """
{subj}：拟每10股派{divid}
{subj}拟现金分红{amount}
""", """
{subj}[公告|披露利润分配预案]，拟每10股派发现金红利{divid}，合计[派现|分红]{amount}
{subj}{period}[豪气分红|拟大比例分红]，派现总额{amount}，[分红率达|股息率达到]{pct}
""", """
公司现金流充裕
积极回报股东
""", """
股权登记日为{date}
""", "分红金额=amount")
_kind("meeting", "召开会议", 0, "公司", "company", """
{subj}：{date}召开股东大会
{subj}：将于{date}举行业绩说明会
""", """
{subj}[公告|通知]，公司将于{date}在{place}召开[临时股东大会|年度股东大会]，[审议{few}项议案|审议董事会工作报告]
{subj}[公告|披露]，将于{date}举行业绩说明会，{title}{person}[将出席会议|将与投资者交流]
""", "", """
[股东可通过网络投票参会|会议采取现场与网络结合的方式]
""", "会议日期=date 会议地点=place")
_kind("suspend", "停牌", 0, "公司", "company", """
{subj}：筹划重大事项 {date}起停牌
{subj}：股票{date}起停牌
""", """
{subj}[公告|披露]，因筹划[重大事项|发行股份购买资产]，公司股票自{date}起停牌，[预计不超过10个交易日|停牌时间待定]
""", "", """
公司将[及时披露进展|于停牌期限届满前申请复牌]
""", "停牌日期=date")
_kind("register", "设立子公司", 0, "公司", "company", """
{subj}：在{place}设立子公司 注册资本{amount}
{subj}在{place}成立新公司
""", """
{subj}[公告|披露]，[拟|将]在{place}设立全资子公司，注册资本{amount}，[经营范围包括{product}|主要从事{product}业务]
工商信息显示，{subj}在{place}成立新公司，[法定代表人为{person}|经营范围为{product}]，注册资本{amount}
""", "", """
[新公司由{subj}全资持股|子公司法定代表人为{person}]
""", "注册资本=amount 设立地点=place")
_kind("reply", "澄清说明", 0, "公司", "company", """
{subj}：回复交易所问询函
{subj}：目前未涉及{product}业务
""", """
{subj}在[互动平台|投资者交流平台]表示，公司[目前没有{product}业务|暂未涉及{product}业务]，[敬请投资者注意|请关注后续公告]
{subj}[公告|披露]，已就{product}业务相关事项回复交易所问询函，[不存在应披露未披露的信息|有关情况与此前披露一致]
""", "", """
[公司生产经营情况一切正常|公司股东户数为{count}户]
""", "涉及业务=product")
_kind("unlock", "限售解禁", 0, "公司", "company", """
{subj}：{shares}限售股{date}上市流通
""", """
{subj}[公告|披露]，公司{shares}限售股将于{date}上市流通，占总股本的{hold}
""", "", """
本次解禁股东共{few}名
""", "解禁日期=date 解禁数量=shares")
_kind("stock_up", "", 1, "公司 大盘", "company", """
{subj}涨{spct} 成交额{amount}
{subj}午后直线拉升 涨{spct}
""", """
{subj}[午后|早盘|尾盘][直线拉升|快速走高|震荡上行]，[截至发稿|目前]涨{spct}，成交额{amount}
{subj}[封住涨停|股价大涨]，[主力资金净流入|净买入]{amount}
""", "", """
{sector}板块[集体走强|多股跟涨]
""", "涨幅=spct 成交额=amount")
_kind("stock_down", "", -1, "公司 大盘", "company", """
{subj}跌{spct} 成交额{amount}
{subj}午后跳水 跌{spct}
""", """
{subj}[午后|早盘|尾盘][大幅跳水|快速走低|震荡下挫]，[截至发稿|目前]跌{spct}，成交额{amount}
{subj}[封死跌停|股价大跌]，[主力资金净流出|净卖出]{amount}
""", "", """
{sector}板块[集体走弱|多股跟跌]
""", "跌幅=spct 成交额=amount")
_kind("market_up", "", 1, "中国 大盘", "cn_index", """
收评：{subj}涨{ipct} {sector}板块领涨
{subj}高开高走 涨{ipct}
""", """
{subj}[收涨|午后涨幅扩大至|震荡走高，涨]{ipct}，{sector}板块[领涨|掀起涨停潮]，两市成交额{turnover}
A股三大指数[集体上涨|全线反弹]，{subj}涨{ipct}，{sector}、{sector2}等板块[涨幅居前|表现活跃]
""", """
[外资大幅流入|政策利好]
市场情绪[回暖|好转]
""", """
北向资金[净买入|净流入]{amount}
""", "涨幅=ipct 领涨板块=sector")
_kind("market_down", "", -1, "中国 大盘", "cn_index", """
收评：{subj}跌{ipct} {sector}板块领跌
{subj}低开低走 跌{ipct}
""", """
{subj}[收跌|午后跌幅扩大至|震荡走低，跌]{ipct}，{sector}板块[领跌|掀起跌停潮]，两市成交额{turnover}
A股三大指数[集体下跌|全线走低]，{subj}跌{ipct}，{sector}、{sector2}等板块[跌幅居前|表现低迷]
""", """
[外资大幅流出|外围市场大跌]
市场情绪[低迷|转弱]
""", """
北向资金[净卖出|净流出]{amount}
""", "跌幅=ipct 领跌板块=sector")
_kind("market_flat", "", 0, "中国 大盘", "cn_index", """
{subj}平开 {sector}板块表现平稳
午评：{subj}横盘整理
""", """
{subj}[平开|窄幅震荡|横盘整理]，[涨跌幅不足0.1%|与前一交易日基本持平]，{sector}板块[表现平稳|波动不大]
两市[早盘平开|全天窄幅震荡]，{subj}[报{point}点|收于{point}点]，成交额{turnover}
""", "", """
[市场观望情绪较浓|分析人士建议观望]
""", "点位=point")
_kind("foreign_up", "", 1, "外国 大盘", "foreign_index", """
{subj}收涨{ipct}
{country}股市上涨 {subj}涨{ipct}
""", """
{country}股市[收盘上涨|高开]，{subj}[涨|涨幅扩大至|上涨]{ipct}，[科技股领涨|银行股走强]
{subj}[日内涨幅达|收涨|开盘涨]{ipct}，[创近期新高|连续三日上涨]
""", """
[企业财报好于预期|通胀数据回落]
""", """
{foreign}[涨|股价上涨]{spct2}
""", "涨幅=ipct")
_kind("foreign_down", "", -1, "外国 大盘", "foreign_index", """
{subj}收跌{ipct}
{country}股市下跌 {subj}跌{ipct}
""", """
{country}股市[收盘下跌|低开]，{subj}[跌|跌幅扩大至|下跌]{ipct}，[科技股领跌|银行股走弱]
{subj}[日内跌幅达|收跌|开盘跌]{ipct}，[创近期新低|连续三日下跌]
""", """
[加息预期升温|经济数据不佳]
""", """
{foreign}[跌|股价下跌]{spct2}
""", "跌幅=ipct")
_kind("sector_up", "", 1, "中国 行业", "sector", """
{subj}行业景气度回升 {subj}板块走强
{broker}：看好{subj}行业投资机会
""", """
{subj}行业[景气度回升|需求回暖]，{period}行业[销售收入|利润总额]同比增长{pct}
{broker}[研报指出|认为]，{subj}行业[迎来拐点|进入上行周期]，[龙头公司将受益|建议积极关注]
{subj}板块[异动拉升|持续走强]，{peer}涨{spct}，{peer2}[跟涨|涨停]
""", """
市场需求[回暖|旺盛]
行业政策[支持|利好]
""", """
行业协会预计全年[产量|销量]增长{pct2}
""")
_kind("sector_down", "", -1, "中国 行业", "sector", """
{subj}行业需求低迷 {subj}板块走弱
{broker}：{subj}行业短期承压
""", """
{subj}行业[需求低迷|产能过剩]，{period}行业[销售收入|利润总额]同比下降{pct}
{broker}[研报指出|认为]，{subj}行业[竞争加剧|仍处于下行周期]，[企业盈利承压|建议谨慎]
{subj}板块[持续走低|大幅下挫]，{peer}跌{spct}，{peer2}[跟跌|跌停]
""", """
市场需求[低迷|疲软]
产能[过剩|扩张过快]
""", """
行业协会预计全年[产量|销量]下降{pct2}
""")
_kind("sector_info", "", 0, "中国 行业", "sector", """
{place}将举办{subj}行业大会
{place}公布{subj}行业统计数据
""", """
{subj}行业大会将于{date}在{place}举行，[{count}家企业参会|会期三天]
{place}[公布|发布]{subj}行业[企业名单|统计数据]，共有{count}家企业[入选|纳入统计]
""", "", """
大会由{subj}行业协会主办
""")
_kind("policy_easy", "", 1, "中国 政策", "cn_office", """
{subj}：加大对{sector}行业支持力度
{subj}：出台{few}项措施支持{sector}发展
""", """
{subj}[发布通知|印发意见]，[加大对{sector}行业的支持力度|支持{sector}企业发展]，[安排专项资金|提供资金支持]{amount}
{subj}[表示|召开会议指出]，将[加大税收优惠|降低企业融资成本]，促进{sector}行业[健康发展|平稳发展]
""", "", """
业内人士认为，[政策利好相关企业|该政策将提振市场信心]
""", "支持行业=sector")
_kind("policy_tight", "", -1, "中国 政策", "cn_office", """
{subj}：从严监管{sector}行业
{subj}：严厉打击{sector}领域违法违规行为
""", """
{subj}[发布通知|印发文件]，[从严监管{sector}行业|加强{sector}领域监管]，[违规企业将被停业整顿|暂停相关业务审批]
{subj}[表示|有关负责人表示]，将[严厉打击|集中整治]{sector}领域违法违规行为，[已查处企业|已处罚机构]{count}家
""", "", """
业内人士认为，[行业短期将受到冲击|相关企业成本将上升]
""", "监管行业=sector")
_kind("policy_neutral", "", 0, "中国 政策", "cn_office", """
{subj}就{sector}管理办法公开征求意见
{subj}发布{sector}行业统计办法
""", """
{subj}[就|近日就]{sector}行业管理办法[公开征求意见|征求社会意见]，[意见反馈截止|截止日期为]{date}
{subj}[召开例行发布会|举行座谈会]，[介绍{sector}行业有关情况|听取{sector}企业意见]
""", "", """
办法[自公布之日起施行|共{few}章]
""")
_kind("pboc", "", 0, "中国 经济 政策", "pboc", """
央行开展{big}逆回购操作 利率{rate}
央行：开展{big}中期借贷便利操作
""", """
央行[公告|今日公告]，为维护银行体系流动性合理充裕，开展{big}[7天期|14天期]逆回购操作，中标利率{rate}
央行{date}开展{big}中期借贷便利操作，[利率|操作利率]{rate}，与上次持平
""", "", """
今日有{big2}逆回购到期
""", "操作金额=big 中标利率=rate")
_kind("macro_up", "", 1, "中国 经济", "stats", """
{subj}：{period}{macro}同比增长{spct}
{period}{macro}同比增{spct} 好于预期
""", """
{subj}[数据显示|公布]，{period}{macro}同比增长{spct}，[好于市场预期|增速比上期加快{sp}个百分点]
{period}{place}{macro}同比增长{spct}，[经济持续恢复|经济运行稳中向好]
""", """
[消费回暖|出口回升]
""", """
专家认为，经济[恢复势头良好|有望继续回升]
""", "同比增幅=spct")
_kind("macro_down", "", -1, "中国 经济", "stats", """
{subj}：{period}{macro}同比下降{spct}
{period}{macro}同比降{spct} 不及预期
""", """
{subj}[数据显示|公布]，{period}{macro}同比下降{spct}，[不及市场预期|降幅比上期扩大{sp}个百分点]
{period}{place}{macro}同比下降{spct}，[经济下行压力加大|经济恢复放缓]
""", """
[消费低迷|出口下滑]
""", """
专家认为，经济[下行压力较大|恢复基础尚不牢固]
""", "同比降幅=spct")
_kind("foreign_macro_up", "", 1, "外国 经济", "country", """
{subj}{period}{fmacro}好于预期
{subj}{period}{fmacro}环比增长{spct}
""", """
{subj}{period}{fmacro}[环比增长|同比增长]{spct}，[预期|市场预期]为{spct2}，[经济表现强劲|好于预期]
""", """
[就业改善|消费回暖]
""", """
经济学家[上调了|调高了]{subj}全年增长预期
""", "增幅=spct")
_kind("foreign_macro_down", "", -1, "外国 经济", "country", """
{subj}{period}{fmacro}不及预期
{subj}{period}{fmacro}环比下降{spct}
""", """
{subj}{period}{fmacro}[环比下降|同比下降]{spct}，[预期|市场预期]为{spct2}，[经济陷入衰退|不及预期]
""", """
[通胀高企|需求疲软]
""", """
经济学家[下调了|调低了]{subj}全年增长预期
""", "降幅=spct")
_kind("foreign_rate", "", 0, "外国 经济 政策", "central_bank", """
{subj}维持利率在{rate}不变
{subj}公布利率决议
""", """
{subj}[宣布|公布利率决议]，将基准利率[维持在|保持在]{rate}不变，[符合市场预期|与此前预期一致]
{subj}{date}[公布会议纪要|召开议息会议]，[多数委员支持维持利率不变|利率决议将于{date}公布]
""", "", """
下次会议将于{date2}举行
""", "基准利率=rate")
_kind("foreign_politics", "", 0, "外国 政治", "country", """
{subj}总统将于{date}访问{country2}
{subj}议会通过新法案
""", """
{subj}[总统|总理|外长][表示|称]，将于{date}访问{country2}，[就双边关系举行会谈|讨论安全问题]
{subj}[议会|参议院][通过|表决通过]一项[选举法案|预算法案|移民法案]，[总统将签署|将于{date}生效]
""", "", """
[反对党对此提出批评|执政党支持率为{pct}]
""")
_kind("world_politics", "", -1, "国际 政治", "country", """
{subj}宣布对{country2}实施制裁
{subj}与{country2}谈判破裂
""", """
{subj}[宣布|政府宣布]对{country2}[{few}家企业|{few}名官员]实施制裁，{country2}[表示强烈反对|称将采取反制措施]
{subj}与{country2}的[边境冲突|外交争端][升级|加剧]，[双方互相驱逐外交官|局势持续紧张]
""", "", """
联合国呼吁双方[保持克制|通过对话解决争端]
""")
_kind("world_talks", "", 1, "国际 政治", "country", """
{subj}与{country2}签署和平协议
{subj}与{country2}达成共识
""", """
{subj}与{country2}[签署和平协议|恢复外交关系]，[两国领导人表示欢迎|局势明显缓和]
{subj}与{country2}领导人[举行会谈|通电话]，就[贸易问题|安全问题][达成共识|取得积极进展]
""", "", """
联合国对此表示欢迎
""")
_kind("world_economy", "", -1, "国际 经济", "world_bank", """
{subj}：下调全球经济增长预期至{spct}
{subj}警告全球经济衰退风险
""", """
{subj}[发布报告|最新报告]，将[今年全球经济增速|全球贸易增速]预期下调至{spct}
{subj}[警告称|表示]，全球[经济衰退风险上升|债务风险上升]，[多国通胀高企|复苏前景黯淡]
""", "", """
报告称，{country}经济增速将降至{spct2}
""", "增速预期=spct")
_kind("world_economy_up", "", 1, "国际 经济", "world_bank", """
{subj}：上调全球经济增长预期至{spct}
""", """
{subj}[发布报告|最新报告]，将[今年全球经济增速|全球贸易增速]预期上调至{spct}
""", "", """
报告称，{country}经济增速将升至{spct2}
""", "增速预期=spct")
_kind("futures_up", "", 1, "中国 期货", "cn_future", """
{subj}主力合约涨{spct}
国内期货：{subj}涨超{int}%
""", """
[国内期货主力合约多数上涨|夜盘开盘]，{subj}[涨|涨超|大涨]{spct}，{future2}涨{spct2}
{subj}期货主力合约[日内涨幅达|封涨停，涨幅]{spct}，报{fprice}元/吨
""", """
[库存下降|供应偏紧]
""", """
{broker}期货研究员认为，{subj}[短期偏强运行|价格仍有上行空间]
""", "涨幅=spct")
_kind("futures_down", "", -1, "中国 期货", "cn_future", """
{subj}主力合约跌{spct}
国内期货：{subj}跌超{int}%
""", """
[国内期货主力合约多数下跌|夜盘开盘]，{subj}[跌|跌超|大跌]{spct}，{future2}跌{spct2}
{subj}期货主力合约[日内跌幅达|封跌停，跌幅]{spct}，报{fprice}元/吨
""", """
[库存增加|需求偏弱]
""", """
{broker}期货研究员认为，{subj}[短期偏弱运行|价格仍有下行风险]
""", "跌幅=spct")
_kind("oil_up", "", 1, "国际 期货 能源", "energy_future", """
{subj}期货涨{spct}
国际油价上涨 {subj}涨{spct}
""", """
{subj}期货[收涨|日内涨|大涨]{spct}，报{oil}美元/桶
国际[能源|原油]期货[收盘上涨|集体走高]，{subj}涨{spct}
""", """
[欧佩克减产|库存意外下降]
""", """
欧佩克表示[将继续减产|市场供应偏紧]
""", "涨幅=spct")
_kind("oil_down", "", -1, "国际 期货 能源", "energy_future", """
{subj}期货跌{spct}
国际油价下跌 {subj}跌{spct}
""", """
{subj}期货[收跌|日内跌|大跌]{spct}，报{oil}美元/桶
国际[能源|原油]期货[收盘下跌|集体走低]，{subj}跌{spct}
""", """
[欧佩克增产|库存意外增加]
""", """
欧佩克表示[将逐步增产|需求前景不佳]
""", "跌幅=spct")
_kind("metal_up", "", 1, "国际 期货", "metal_future", """
{subj}期货涨{spct}
""", """
{subj}期货[收涨|日内涨|大涨]{spct}，报{usd}美元
国际商品期货[普遍上涨|集体走高]，{subj}涨{spct}
""", """
[美元走弱|避险需求上升]
""", """
分析师认为价格[仍有上涨空间|短期偏强]
""", "涨幅=spct")
_kind("metal_down", "", -1, "国际 期货", "metal_future", """
{subj}期货跌{spct}
""", """
{subj}期货[收跌|日内跌|大跌]{spct}，报{usd}美元
国际商品期货[普遍下跌|集体走低]，{subj}跌{spct}
""", """
[美元走强|需求不振]
""", """
分析师认为价格[仍有下跌空间|短期偏弱]
""", "跌幅=spct")
_kind("bond_market", "", 0, "中国 债券", "bond", """
{subj}收益率报{rate}
{place}发行{big}{subj}
""", """
{subj}[收益率|到期收益率]报{rate}，[与前一日持平|变动不大]，[债券市场交投平淡|资金面均衡]
{place}[招标发行|成功发行]{big}{subj}，票面利率{rate}，[期限7年|全场倍数{few}倍]
""", "", """
银行间市场回购利率为{rate2}
""", "利率=rate")
_kind("bond_world", "", 0, "外国 债券", "country", """
{subj}10年期国债收益率报{rate}
""", """
{subj}10年期国债收益率[报|升至|降至]{rate}，[2年期国债收益率|30年期国债收益率]报{rate2}
{subj}财政部拍卖{few}0亿美元国债，[得标利率|中标利率]{rate}
""", "", """
投资者[关注|等待]{subj}央行会议
""", "收益率=rate")
_kind("house_up", "", 1, "中国 房地产", "place", """
{subj}{period}商品房成交面积增长{pct}
{subj}楼市回暖 成交量上升{pct}
""", """
{subj}{period}[新房|二手房|商品房]成交{count}套，同比增长{pct}，[楼市回暖|成交活跃]
{subj}[出台楼市新政|降低首付比例]，[房贷利率降至|首套房贷利率下调至]{hrate}，[购房需求释放|市场信心恢复]
""", """
[房贷利率下调|限购放松]
""", """
{developer}等房企在{subj}加快推盘
""", "成交增幅=pct")
_kind("house_down", "", -1, "中国 房地产", "place", """
{subj}{period}商品房成交面积下降{pct}
{subj}楼市遇冷 成交量下滑{pct}
""", """
{subj}{period}[新房|二手房|商品房]成交{count}套，同比下降{pct}，[楼市遇冷|成交低迷]
{subj}房价连续{few}个月下跌，[多家房企打折促销|库存去化周期拉长]，{period}成交量下滑{pct}
""", """
[购房者观望|限购收紧]
""", """
{developer}等房企[销售回款放缓|降价促销]
""", "成交降幅=pct")
_kind("fx_up", "", 1, "中国 外汇", "rmb", """
人民币对{currency}中间价上调{points}个基点
在岸人民币对{currency}升值{points}点
""", """
人民币对{currency}中间价[报|今日报]{fx}，[较上日上调|上调]{points}个基点
[在岸人民币|离岸人民币]对{currency}[升值|大涨]{points}点，报{fx}
""", """
{currency}走弱
""", """
外汇局表示，[跨境资金流动平稳|外汇市场供求基本平衡]
""", "调整基点=points 汇率=fx")
_kind("fx_down", "", -1, "中国 外汇", "rmb", """
人民币对{currency}中间价下调{points}个基点
在岸人民币对{currency}贬值{points}点
""", """
人民币对{currency}中间价[报|今日报]{fx}，[较上日下调|下调]{points}个基点
[在岸人民币|离岸人民币]对{currency}[贬值|大跌]{points}点，报{fx}
""", """
{currency}走强
""", """
外汇局表示，[跨境资金流动平稳|外汇市场供求基本平衡]
""", "调整基点=points 汇率=fx")
_kind("fx_world", "", 0, "国际 外汇", "currency", """
{subj}对{currency}汇率报{fx}
{subj}对{currency}汇率变动不大
""", """
{subj}对{currency}[汇率|即期汇率]报{fx}，[日内波动不大|变动{points}点]
外汇市场上，{subj}对{currency}[窄幅波动|小幅波动]，报{fx}
""", "", """
交易员[等待{central}会议结果|关注{country}经济数据]
""", "汇率=fx")
_kind("coin_up", "", 1, "国际 虚拟货币", "coin", """
{subj}突破{usd}美元 日内涨{spct}
{subj}24小时涨{spct}
""", """
{subj}[突破|升破]{usd}美元[关口|]，日内[涨幅达|涨]{spct}
虚拟货币[普涨|集体上涨]，{subj}涨{spct}，{coin2}涨{spct2}
""", "", """
{coinfirm}成交量[上升|放大]{pct}
""", "涨幅=spct")
_kind("coin_down", "", -1, "国际 虚拟货币", "coin", """
{subj}跌破{usd}美元 日内跌{spct}
{subj}24小时跌{spct}
""", """
{subj}[跌破|失守]{usd}美元[关口|]，日内[跌幅达|跌]{spct}
虚拟货币[普跌|集体下跌]，{subj}跌{spct}，{coin2}跌{spct2}，[{count}人爆仓|爆仓金额{usd}万美元]
""", "", """
{coinfirm}[暂停提币|遭黑客攻击]
""", "跌幅=spct")
_kind("covid_cn", "", -1, "中国 新冠", "place", """
{subj}新增新冠确诊病例{few}例
{subj}：新增新冠肺炎本土病例{few}例
""", """
{subj}[卫健委通报|疾控中心通报]，{date}新增新冠肺炎确诊病例{few}例，无症状感染者{count}例
{subj}[召开疫情防控发布会|通报疫情]，新增{few}例新冠本土病例，[部分区域实行封控管理|将开展全员核酸检测]
""", """
[聚集性疫情|境外输入]
""", """
[密切接触者已集中隔离|当地倡导市民非必要不外出]
""", "新增病例=few")
_kind("covid_cn_up", "", 1, "中国 新冠", "place", """
{subj}新冠疫情好转 有序复工复产
{subj}：连续{few}天无新增新冠病例
""", """
{subj}[连续{few}天无新增新冠病例|新冠疫情得到有效控制]，[有序恢复生产生活秩序|企业全面复工复产]
""", """
[防控措施有力|疫苗接种率提高]
""", """
当地新冠疫苗接种率达到{hpct}
""")
_kind("covid_world", "", -1, "外国 新冠", "country", """
{subj}新增新冠确诊病例{count}例
""", """
{subj}[卫生部|政府]公布，{date}新增新冠确诊病例{count}例，[新增死亡病例{few}例|累计死亡病例继续上升]
""", "", """
世界卫生组织[提醒加强疫苗接种|对此表示关切]
""", "新增病例=count")
_kind("energy_cn", "", 0, "中国 行业 能源", "energy_good", """
{place}{period}{subj}产量{count}万吨
国家能源局：{period}{subj}供应平稳
""", """
国家能源局[数据显示|介绍]，{period}{subj}[产量|供应量]为{count}万吨，[供需总体平衡|与去年同期基本持平]
{place}[公布|统计数据显示]，{period}{subj}产量{count}万吨，[库存处于正常水平|供应平稳]
""", "", """
{place}还将[新建{subj}储备基地|完善{subj}运输通道]
""", "产量=count")
_kind("energy_world", "", 0, "外国 能源", "country", """
{subj}{period}{egood}产量为{count}万桶
""", """
{subj}[能源部|政府]公布，{period}{egood}[库存|产量]为{count}万桶，[变动不大|与预期一致]
""", "", """
国际能源署将于{date}公布月度报告
""", "产量=count")
_kind("trade_world", "", 0, "国际 政策", "country", """
{subj}与{country2}将就贸易协定举行谈判
""", """
{subj}与{country2}将于{date}就[关税|贸易协定]问题[举行谈判|举行第{few}轮磋商]
世贸组织[就{subj}与{country2}的关税争端举行听证|公布贸易规则修订草案]，[{date}表决|各成员国将投票]
""", "", """
双方贸易额为{usd}亿美元
""")
