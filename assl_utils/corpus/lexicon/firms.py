"""What happens to companies: kinds of events in the notation of ``lexicon_events``."""

# ruff: noqa: E501 (a Chinese character counts as two columns)

EVENTS = """
= profit_up | 业绩增长 | + | 公司 | company
h {subj}：{period}净利润同比增长{pct}
h {subj}{period}实现净利润{amount} 同比[增|增长]{pct}
h {subj}{period}业绩大增 净利润增长{pct}
l {subj}[公告|披露公告|发布业绩公告]，{period}实现净利润{amount}，同比[增长|增加|上升]{pct}
l {subj}[预计|预告]{period}归属于上市公司股东的净利润为{amount}，[比上年同期增长|较去年同期增长]{pct}
l {period}，{subj}[业绩亮眼|交出亮眼成绩单|业绩超出市场预期]，营业收入[增长|上升]{pct2}，净利润达到{amount}，增幅为{pct}
l 据{subj}财报显示，公司{period}净利润{amount}，同比增幅达{pct}，[创历史新高|好于市场预期|盈利能力持续提升]
r {product}销量[大幅增长|稳步增长]
r {product}价格上涨
r {material}价格回落
r {product}订单[充足|饱满]
d 公司{product}业务[收入快速增长|市场份额继续扩大]
d 报告期内，公司毛利率[提升|上升]至{pct3}
? 净利润=amount 净利润同比增幅=pct 报告期=period
= profit_down | 业绩下滑 | - | 公司 | company
h {subj}：{period}净利润同比下降{pct}
h {subj}{period}业绩下滑 净利润减少{pct}
h {subj}{period}净利润{amount} 同比[降|下降]{pct}
l {subj}[公告|披露公告|发布业绩公告]，{period}实现净利润{amount}，同比[下降|减少|下滑]{pct}
l {subj}[预计|预告]{period}归属于上市公司股东的净利润为{amount}，[比上年同期下降|较去年同期减少]{pct}
l {period}，{subj}[业绩不及预期|业绩承压|业绩明显下滑]，营业收入[下降|减少]{pct2}，净利润仅{amount}，降幅为{pct}
l 据{subj}财报显示，公司{period}净利润{amount}，同比降幅达{pct}，[低于市场预期|盈利能力明显减弱]
r {product}销量[大幅下滑|持续下降]
r {product}价格下跌
r {material}价格大幅上涨
r {product}需求疲软
d 公司{product}业务[收入明显下滑|市场份额被竞争对手抢占]
d 报告期内，公司毛利率[下滑|下降]至{pct3}
? 净利润=amount 净利润同比降幅=pct 报告期=period
= loss | 亏损 | - | 公司 | company
h {subj}：{period}亏损{amount}
h {subj}{period}由盈转亏 净亏损{amount}
h {subj}预计{period}净亏损{amount}
l {subj}[公告|披露]，{period}净亏损{amount}，[上年同期盈利{profit}|去年同期净利润为{profit}]
l {subj}预计{period}亏损{amount}，[公司由盈转亏|业绩大幅低于预期]
l {subj}{period}[巨亏|亏损]{amount}，公司[计提资产减值{amount2}|计提商誉减值{amount2}]
r 计提大额商誉减值
r {product}价格[大幅|持续]下跌
r {product}项目停产
r 应收账款无法收回
d 公司称[将加强成本控制，力争早日扭亏|未来经营仍存在不确定性]
? 亏损金额=amount 报告期=period
= turnaround | 扭亏为盈 | + | 公司 | company
h {subj}：{period}扭亏为盈 净利润{amount}
h {subj}{period}实现扭亏 盈利{amount}
l {subj}[公告|披露]，{period}实现净利润{amount}，上年同期亏损{profit}，[同比扭亏为盈|成功扭亏]
l {subj}预计{period}盈利{amount}，[公司实现扭亏为盈|结束了连续亏损的局面]
r {product}业务[全面恢复|快速增长]
r 费用[大幅下降|控制得当]
d 公司{product}订单[明显回升|持续增加]
? 盈利金额=amount 报告期=period
= buyback | 股份回购 | + | 公司 | company
h {subj}：拟以{amount}回购公司股份
h {subj}拟回购{amount}股份
h {subj}：拟{amount}回购股份 价格不超过{price}
l {subj}[公告|披露公告]，[拟|计划]以自有资金{amount}回购公司股份，回购价格不超过{price}/股
l {subj}董事会审议通过回购方案，[拟|将]回购股份{shares}，回购资金总额为{amount}
l {subj}[今日|{date}]公告称，公司计划回购{shares}，占总股本的{hold}，回购资金{amount}
r 对公司未来发展充满信心
r 维护投资者利益
r 用于员工持股计划
d 本次回购的股份将用于[股权激励|员工持股计划|注销]
d 回购期限为自董事会通过之日起[6|12]个月内
? 回购金额=amount 回购方=subj
= increase | 股东增持 | + | 公司 | company
h {subj}：{holder}增持{shares}
h {subj}获{holder}增持 耗资{amount}
h {subj}：{holder}拟增持不低于{amount}
l {subj}[公告|披露]，{holder}[于{date}增持|增持了]公司股份{shares}，[占总股本的|占比]{hold}
l {subj}收到{holder}通知，[计划在未来六个月内|拟]增持公司股份，金额不低于{amount}
l {holder}[看好{subj}的发展|对{subj}有信心]，[出手|斥资{amount}]增持{subj}{shares}
r 看好公司长期价值
r 对公司未来发展充满信心
d 增持后{holder}持股比例[升至|达到]{hold2}
? 增持方=holder 增持股份数量=shares
= reduce | 股东减持 | - | 公司 | company
h {subj}：{holder}拟减持不超过{hold}股份
h {subj}遭{holder}减持{shares}
h {subj}：{holder}减持{shares} 套现{amount}
l {subj}[公告|披露]，{holder}[拟|计划]减持公司股份不超过{shares}，[占总股本的|占比]{hold}
l {subj}[遭|被]{holder}[大幅减持|减持]，{date}[减持股份|合计卖出]{shares}，套现{amount}
l {holder}[再次抛售|减持]{subj}{shares}，[套现约|套现]{amount}
r 自身资金需求
r 偿还借款的需要
d 减持后{holder}持股比例[降至|下降到]{hold2}
? 减持方=holder 减持股份数量=shares
= pledge | 股份质押 | 0 | 公司 | company
h {subj}：{holder}质押{shares}
h {subj}：{holder}质押{shares} 占总股本{hold}
l {subj}[公告|披露]，{holder}将所持{shares}[质押给|办理质押，质权人为]{broker}，占公司总股本的{hold}
l {subj}{date}公告，{holder}办理了股份质押，[质押股份|质押数量]{shares}，质权人为{broker}
r 自身融资需要
r 补充流动资金
d 截至公告日，{holder}累计质押股份占其所持股份的{pct2}
? 质押方=holder 质押股份数量=shares 质权人=broker
= unpledge | 解除质押 | 0 | 公司 | company
h {subj}：{holder}解除质押{shares}
h {subj}：{holder}所持{shares}解除质押
l {subj}[公告|披露]，{holder}质押给{broker}的{shares}[已解除质押|办理了解除质押手续]，占总股本的{hold}
l {subj}{date}收到{holder}通知，其所持{shares}解除质押
d 本次解除质押后，{holder}剩余质押股份占其所持股份的{pct2}
? 解除质押方=holder 解除质押股份数量=shares
= acquire | 企业收购 | + | 公司 | company
h {subj}：拟{amount}收购{obj}{pct}股权
h {subj}拟收购{obj} 交易价{amount}
h {subj}{amount}收购{obj}
l {subj}[公告|披露公告]，[拟|计划]以{amount}收购{obj}{pct}股权
l {subj}与{obj}股东签署[股权收购协议|收购协议]，[交易价格为|交易对价]{amount}，收购{obj}{pct}股权
l {subj}{date}宣布，[斥资|出资]{amount}收购{obj}，[交易完成后持股|将持有]{pct}股权
r [完善|延伸]产业链布局
r 拓展{product}业务
d 交易完成后，{obj}将成为公司[控股子公司|全资子公司]
? 收购方=subj 收购标的=obj 交易金额=amount
= reorg_fail | 重组失败 | - | 公司 | company
h {subj}：终止重大资产重组
h {subj}终止收购{obj}
h {subj}与{obj}重组告吹
l {subj}[公告|披露]，决定终止[收购{obj}的重大资产重组|与{obj}的重大资产重组]
l {subj}[筹划数月|历时半年]的重组[告吹|宣告失败]，公司将不再收购{obj}
r 交易双方未能就[价格|核心条款]达成一致
r 市场环境发生较大变化
d 公司承诺[一个月|三个月]内不再筹划重大资产重组
? 重组方=subj 重组标的=obj
= contract | 签署合同 | + | 公司 | company
h {subj}：签订{amount}{product}合同
h {subj}中标{amount}{project}项目
h {subj}与{obj}签订{amount}大单
l {subj}[公告|披露]，与{obj}[签订|签署]{product}[销售合同|采购合同]，合同金额{amount}
l {subj}[公告|公告称]，公司中标{place}{project}项目，中标金额{amount}
l {subj}{date}[收到中标通知书|确认中标]，[成为{place}{project}项目的中标单位|中标{place}{project}项目]，金额[合计|约]{amount}
r 公司{product}竞争力突出
r {product}市场需求旺盛
d 合同[履行将对公司业绩产生积极影响|金额占公司上年营业收入的{pct}]
? 中标金额=amount 合同签署方=subj
= coop | 战略合作 | + | 公司 | company
h {subj}：与{obj}签署战略合作协议
h {subj}携手{obj}布局{product}
l {subj}与{obj}[签署|达成]战略合作协议，双方将在{product}领域[展开合作|深入合作]
l {subj}{date}[公告|宣布]，与{obj}[建立战略合作关系|达成合作]，[共同开发|共同推广]{product}
r [拓展|做大]{product}市场
r 实现优势互补
d 双方还将在{place}共建{project}
? 合作方=obj 合作领域=product
= lawsuit | 涉及诉讼 | - | 公司 | company
h {subj}：被{obj}起诉 涉案金额{amount}
h {subj}涉及重大诉讼 涉案{amount}
h {subj}遭{obj}起诉索赔{amount}
l {subj}[公告|披露]，公司因[合同纠纷|借款纠纷|股权纠纷]被{obj}起诉，涉案金额{amount}
l {obj}[将{subj}告上法庭|起诉{subj}]，[要求赔偿|索赔]{amount}，案件已由{place}法院受理
l {subj}收到{place}法院传票，[原告{obj}|{obj}]要求其[支付货款|偿还借款]{amount}
r 未按约支付货款
r 专利侵权
r 借款逾期未还
d 该案[尚未开庭审理|可能对公司利润产生不利影响]
? 原告=obj 涉案金额=amount 被告=subj
= penalty | 行政处罚 | - | 公司 政策 | company
h {subj}：被{office}罚款{fine}
h {subj}因违规被罚{fine}
h {subj}收到{office}行政处罚决定书
l {subj}[因{fault}|涉嫌{fault}]，被{office}[罚款|处以罚款]{fine}
l {office}[日前公布处罚决定|{date}开出罚单]，{subj}因{fault}被[罚款|处罚]{fine}
l {subj}[公告|披露]，收到{office}行政处罚决定书，[责令改正，并处罚款|合计罚款]{fine}
d 公司{title}{person}[被给予警告|同时被罚]
d 公司表示将[认真整改|吸取教训]，加强内部管理
? 处罚金额=fine 处罚机构=office 处罚对象=subj
= disclosure | 信批违规 | - | 公司 | company
h {subj}：因信息披露违规被立案调查
h {subj}信披违规 遭{office}立案
h {subj}信披违规 被{office}出具警示函
l {subj}[公告|披露]，公司因涉嫌信息披露违法违规，被{office}立案调查
l {office}[向{subj}下发监管函|对{subj}出具警示函]，称公司[未及时披露|隐瞒了]{holder}占用资金{amount}的情况
r 未及时披露关联交易
r 未及时披露担保事项
d [投资者可依法索赔|公司股票可能被实施风险警示]
? 调查机构=office
= fraud | 财务造假 | - | 公司 | company
h {subj}：涉嫌财务造假 虚增利润{amount}
h {subj}被曝虚增收入{amount}
l {office}查明，{subj}[连续三年财务造假|通过虚构业务]，虚增利润{amount}
l {subj}[被曝|涉嫌]财务造假，[虚增收入|虚构利润]{amount}，{title}{person}[被采取强制措施|被调查]
d [多家基金下调其估值|审计机构已辞任]
? 虚增金额=amount
= insider | 交易违规 | - | 公司 | company
h {subj}：{title}{person}短线交易被警示
h {subj}{title}{person}涉内幕交易被查
l {subj}{title}{person}[因涉嫌内幕交易|因短线交易]，被{office}[立案调查|出具警示函]
l {subj}[公告|披露]，{title}{person}违规买卖公司股票{shares}，[构成短线交易|涉嫌操纵股价]
d {person}[已向投资者致歉|违规所得将归公司所有]
? 违规人员=person
= default | 债务违约 | - | 公司 债券 | company
h {subj}：未能按期兑付{amount}债券
h {subj}{amount}债券违约
h {subj}债券违约 涉及本金{amount}
l {subj}[公告|披露]，[未能按期兑付|无法按期偿付]{bond}本息，[涉及金额|合计]{amount}，[构成实质违约|已构成违约]
l {subj}发行的{bond}[发生违约|到期未能兑付]，涉及本金{amount}
r 资金链断裂
r 流动性紧张
r 融资渠道受阻
d [债券持有人将召开会议商讨对策|评级机构已下调公司信用评级]
? 违约金额=amount 违约债券=bond
= bond_issue | 发行债券 | 0 | 公司 债券 | company
h {subj}：拟发行不超过{amount}{bond}
h {subj}完成发行{amount}{bond}
l {subj}[公告|披露]，[拟|计划]发行规模不超过{amount}的{bond}，期限[3|5]年
l {subj}{date}完成{bond}发行，[发行规模|募集资金]{amount}，票面利率{rate}
r 补充流动资金
r 偿还有息债务
d 本期债券由{broker}承销
? 发行金额=amount 发行方=subj
= rating_up | 评级上调 | + | 公司 | company
h {broker}：上调{subj}评级至{up}
h {broker}上调{subj}目标价至{price}
l {broker}[发布研报|研报]称，[上调|调高]{subj}评级至“{up}”，目标价{price}
l {broker}[分析师{person}|研报]表示，[看好{subj}{product}业务|{subj}{product}业务前景良好]，上调目标价至{price}
r {product}业务[增长超预期|景气度回升]
r 盈利能力[持续改善|超预期]
d 预计公司未来三年净利润复合增速为{pct}
? 评级机构=broker 目标价=price
= rating_down | 评级下调 | - | 公司 | company
h {broker}：下调{subj}评级至{down}
h {broker}下调{subj}目标价至{price}
l {broker}[发布研报|研报]称，[下调|调低]{subj}评级至“{down}”，目标价{price}
l {broker}[分析师{person}|研报]表示，[担忧{subj}{product}业务|{subj}{product}业务前景黯淡]，下调目标价至{price}
r {product}业务[增长乏力|竞争加剧]
r 盈利能力[持续恶化|不及预期]
d 预计公司未来一年净利润将下滑{pct}
? 评级机构=broker 目标价=price
= resign | 高管变动 | 0 | 公司 | company
h {subj}：{title}{person}辞职
h {subj}：{title}{person}因个人原因辞职
l {subj}[公告|披露]，{title}{person}因[个人原因|工作调整|年龄原因]辞去{title}职务，[辞职后不再担任公司任何职务|辞职报告自送达董事会之日起生效]
l {subj}董事会{date}收到{title}{person}的辞职报告，[由{person2}代行职责|公司将尽快选聘新任{title}]
d [公司对其任职期间的贡献表示感谢|其未持有公司股份]
? 辞职人员=person 职务=title
= appoint | 高管变动 | 0 | 公司 | company
h {subj}：聘任{person}为{title}
h {subj}：选举{person}为{title}
l {subj}[公告|披露]，董事会[同意聘任|聘任]{person}为公司{title}，任期三年
l {subj}{date}召开董事会，[选举|聘任]{person}[担任|为]{title}，接替{person2}
d {person}此前曾任职于{broker}
? 任职人员=person 职务=title
= arrest | 高管负面 | - | 公司 | company
h {subj}：{title}{person}被公安机关拘留
h {subj}{title}{person}失联
l {subj}[公告|披露]，{title}{person}因涉嫌[职务侵占|挪用资金|受贿]被[公安机关拘留|采取强制措施]
l {subj}[公告称|表示]，公司[无法与{title}{person}取得联系|{title}{person}已失联多日]
d 公司称[目前生产经营正常|该事项影响尚难判断]
? 涉事人员=person
= listing | 公司上市 | + | 公司 | company
h {subj}：旗下{child}在{board}上市
h {subj}旗下{child}在{board}上市
l {subj}旗下{child}[{date}正式登陆|成功登陆]{board}，[募集资金|首发募资]{amount}，首日[收涨|大涨]{pct}
l {subj}分拆{child}在{board}上市[获受理|获批准]，[拟募资|募资]{amount}
d 募集资金将用于[{project}建设|{product}研发]
? 募资金额=amount 上市板块=board
= financing | 企业融资 | + | 公司 | unlisted
h {subj}完成{raise}{round}融资
h {subj}获{fund}{raise}投资
l {subj}[宣布|{date}宣布]完成{raise}{round}融资，[由{fund}领投|投资方为{fund}]
l {fund}[领投|投资]{subj}{round}融资，[金额达|融资金额]{raise}
d [本轮资金将用于产品研发和市场推广|公司估值升至{val}]
? 融资金额=raise 投资方=fund 融资轮次=round
= collapse | 失联跑路 | - | 公司 | unlisted
h {subj}被曝跑路 涉及资金{amount}
h {subj}实控人失联 投资者无法提现
h {subj}被曝爆雷 {count}名投资者被套
l [有投资者反映|多名投资者称]，{subj}[已人去楼空|实控人{person}失联]，[未兑付资金|涉及资金]{amount}
l {subj}被曝[跑路|爆雷]，[平台已无法登录|客服电话无人接听]，{count}名投资者[本金难以收回|被套]
d {place}警方已[介入调查|立案侦查]
? 涉及金额=amount
= withdraw | 提现困难 | - | 公司 | unlisted
h {subj}提现困难 投资者上门维权
h {subj}逾期{amount} 暂停提现
l {subj}[出现提现困难|宣布暂停提现]，[逾期金额|待还余额]{amount}
l [多名用户|{count}名投资者]投诉{subj}[无法提现|拖延提现]，[平台称系统升级|客服回应称正在处理]
d [监管部门已约谈平台负责人|投资者准备集体起诉]
? 逾期金额=amount
= illegal | 涉嫌非法集资 | - | 公司 | unlisted
h {subj}涉嫌非法集资{amount}被查
h {subj}涉非法集资 负责人{person}被捕
l {place}警方通报，{subj}涉嫌非法集资{amount}，[负责人{person}已被刑事拘留|{person}等{count}人被捕]
l {subj}[因涉嫌非法集资|涉嫌非法吸收公众存款]被[立案侦查|查处]，[涉案金额|涉及资金]{amount}
d [警方提醒投资者尽快报案|受害人遍布全国多地]
? 涉案金额=amount
= complaint | 投诉维权 | - | 公司 | company
h {subj}{product}遭用户集中投诉
h {subj}被{count}名消费者投诉
l [多名消费者|{count}名用户]投诉{subj}{product}[存在质量问题|虚假宣传|售后推诿]
l {subj}[因{product}质量问题|因{product}收费不合理]被消费者[集体维权|投诉]，[当地监管部门已介入|公司尚未回应]
d [相关话题登上热搜|消费者要求退款]
? 投诉产品=product
= recall | 产品违规 | - | 公司 | brand
h {subj}召回{count}件{product}
h {subj}：{product}抽检不合格
l {subj}{product}[在抽检中被判不合格|被检出质量不达标]，[{office}责令下架|产品已被下架]
l {subj}宣布召回{count}件{product}，[原因是存在安全隐患|产品存在缺陷]
d 公司[致歉|向消费者道歉]并[承诺退款|表示将整改]
? 召回产品=product 召回数量=count
= accident | 安全事故 | - | 公司 | maker
h {subj}{place}工厂发生{accident}
h {subj}：{place}厂区{accident} 临时停产
l {subj}{place}[工厂|厂区]{date}发生{accident}事故，[造成{few}人受伤|造成{few}人死亡]，[生产线已停产|临时停产]
l {subj}[公告|披露]，{place}子公司发生{accident}，[预计损失|直接损失约]{amount}
d [事故原因正在调查|公司已启动应急预案]
? 事故地点=place 事故类型=accident
= launch | 产品发布 | + | 公司 | brand
h {subj}发布新款{product}
h {subj}：新一代{product}正式上市
l {subj}{date}[发布|推出]新一代{product}，[性能提升|成本降低]{pct}，[市场反响热烈|订单火爆]
l {subj}[在{place}举行发布会|召开发布会]，推出[全新|新款]{product}，[首日订单金额|首批订单]{amount}
d [该产品已实现量产|公司预计明年销量翻倍]
? 发布产品=product 发布方=subj
= approve | 产品获批 | + | 公司 | brand
h {subj}：{product}获批上市
h {subj}{product}获得生产许可
l {subj}[公告|披露]，公司{product}[获得生产许可|通过国家认证|获批上市]，[有望带来新的增长点|将丰富公司产品线]
l {subj}{product}项目[顺利通过验收|获得主管部门批准]，[预计年产值|年产值可达]{amount}
d 公司为此累计投入研发资金{amount2}
? 获批产品=product
= expand | 投资扩产 | + | 公司 | maker
h {subj}：拟{amount}投建{place}{project}
h {subj}{amount}加码{product}
l {subj}[公告|披露]，[拟|计划]投资{amount}在{place}建设{product}{project}
l {subj}与{place}政府签约，[投资|总投资]{amount}建设{project}，[扩大{product}产能|提升{product}产能]
r {product}市场需求旺盛
r 现有产能不足
d 项目建成后，公司{product}产能将提升{pct}
? 投资金额=amount 项目地点=place
= halt | 停产停业 | - | 公司 | maker
h {subj}：{place}工厂停产
h {subj}{product}生产线停产
l {subj}[公告|披露]，{place}工厂自{date}起停产，[预计影响收入|预计减少收入]{amount}
l {subj}{product}生产线[被迫停产|临时停产]，[复产时间尚不确定|预计损失{amount}]
r 环保不达标
r {material}供应紧张
r 限电
d 公司正在[与当地政府沟通复产事宜|积极组织复产]
? 停产地点=place
= layoff | 裁员 | - | 公司 | company
h {subj}裁员{count}人
h {subj}：拟裁员{pct}
l {subj}[被曝|宣布]裁员{count}人，[约占员工总数的|占比]{pct}，[涉及{product}业务|以{product}部门为主]
l [据知情人士透露|有消息称]，{subj}正在[大规模裁员|关闭{place}分部]，裁员比例[达|约]{pct}
r {product}业务持续亏损
r 成本压力加大
d [公司称属于正常业务调整|员工对补偿方案表示不满]
? 裁员人数=count 裁员比例=pct
= bankrupt | 企业破产 | - | 公司 | company
h {subj}：被申请破产重整
h {subj}：无力偿债 被{obj}申请破产
l {subj}[公告|披露]，被债权人{obj}[申请破产重整|向{place}法院申请破产清算]
l {subj}因[资不抵债|无力偿还到期债务]，[进入破产程序|被法院裁定破产]，债务总额{amount}
d [公司股票存在终止上市风险|债权申报工作已经启动]
? 申请人=obj
= delist | 退市风险 | - | 公司 | company
h {subj}：股票可能被终止上市
h {subj}收到终止上市事先告知书
l {subj}[公告|提示风险]，公司股票[连续十五个交易日低于1元|因连续亏损]，可能被终止上市
l {subj}收到交易所[终止上市事先告知书|关注函]，公司股票[将被实施退市风险警示|面临退市]
r 连续三年亏损
r 财务报告被出具否定意见
d [公司股票今日停牌|投资者应注意投资风险]
= dividend | 分红派息 | + | 公司 | company
h {subj}：拟每10股派{divid}
h {subj}拟现金分红{amount}
l {subj}[公告|披露利润分配预案]，拟每10股派发现金红利{divid}，合计[派现|分红]{amount}
l {subj}{period}[豪气分红|拟大比例分红]，派现总额{amount}，[分红率达|股息率达到]{pct}
r 公司现金流充裕
r 积极回报股东
d 股权登记日为{date}
? 分红金额=amount
= meeting | 召开会议 | 0 | 公司 | company
h {subj}：{date}召开股东大会
h {subj}：将于{date}举行业绩说明会
l {subj}[公告|通知]，公司将于{date}在{place}召开[临时股东大会|年度股东大会]，[审议{few}项议案|审议董事会工作报告]
l {subj}[公告|披露]，将于{date}举行业绩说明会，{title}{person}[将出席会议|将与投资者交流]
d [股东可通过网络投票参会|会议采取现场与网络结合的方式]
? 会议日期=date 会议地点=place
= suspend | 停牌 | 0 | 公司 | company
h {subj}：筹划重大事项 {date}起停牌
h {subj}：股票{date}起停牌
l {subj}[公告|披露]，因筹划[重大事项|发行股份购买资产]，公司股票自{date}起停牌，[预计不超过10个交易日|停牌时间待定]
d 公司将[及时披露进展|于停牌期限届满前申请复牌]
? 停牌日期=date
= register | 设立子公司 | 0 | 公司 | company
h {subj}：在{place}设立子公司 注册资本{amount}
h {subj}在{place}成立新公司
l {subj}[公告|披露]，[拟|将]在{place}设立全资子公司，注册资本{amount}，[经营范围包括{product}|主要从事{product}业务]
l 工商信息显示，{subj}在{place}成立新公司，[法定代表人为{person}|经营范围为{product}]，注册资本{amount}
d [新公司由{subj}全资持股|子公司法定代表人为{person}]
? 注册资本=amount 设立地点=place
= reply | 澄清说明 | 0 | 公司 | company
h {subj}：回复交易所问询函
h {subj}：目前未涉及{product}业务
l {subj}在[互动平台|投资者交流平台]表示，公司[目前没有{product}业务|暂未涉及{product}业务]，[敬请投资者注意|请关注后续公告]
l {subj}[公告|披露]，已就{product}业务相关事项回复交易所问询函，[不存在应披露未披露的信息|有关情况与此前披露一致]
d [公司生产经营情况一切正常|公司股东户数为{count}户]
? 涉及业务=product
= unlock | 限售解禁 | 0 | 公司 | company
h {subj}：{shares}限售股{date}上市流通
l {subj}[公告|披露]，公司{shares}限售股将于{date}上市流通，占总股本的{hold}
d 本次解禁股东共{few}名
? 解禁日期=date 解禁数量=shares
= stock_up | - | + | 公司 大盘 | company
h {subj}涨{spct} 成交额{amount}
h {subj}午后直线拉升 涨{spct}
l {subj}[午后|早盘|尾盘][直线拉升|快速走高|震荡上行]，[截至发稿|目前]涨{spct}，成交额{amount}
l {subj}[封住涨停|股价大涨]，[主力资金净流入|净买入]{amount}
d {sector}板块[集体走强|多股跟涨]
? 涨幅=spct 成交额=amount
= stock_down | - | - | 公司 大盘 | company
h {subj}跌{spct} 成交额{amount}
h {subj}午后跳水 跌{spct}
l {subj}[午后|早盘|尾盘][大幅跳水|快速走低|震荡下挫]，[截至发稿|目前]跌{spct}，成交额{amount}
l {subj}[封死跌停|股价大跌]，[主力资金净流出|净卖出]{amount}
d {sector}板块[集体走弱|多股跟跌]
? 跌幅=spct 成交额=amount
"""
