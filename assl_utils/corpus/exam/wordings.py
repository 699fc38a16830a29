"""How the exam questions and the textbook are worded; training and evaluation have no wording in common."""

from assl_utils.corpus.grammar import patterns

_TRAINING = {
    "describe": """
        {meaning}，称为{gap}。
        {meaning}，[这一概念是|这指的是|即为]{gap}。
        [下列|以下]概念中，含义为“{meaning}”的是{gap}。
        [{subject}|教材]把“{meaning}”[叫作|称作]{gap}。
        “{meaning}”[说的是|描述的是|对应的名词是]{gap}。
    """,
    "define": """
        {term}是指{gap}。
        关于{term}，[下列|以下]说法[正确|恰当]的是{gap}。
        [所谓|通常所说的]{term}，[就是|指的是]{gap}。
        对{term}的[正确理解|准确表述]是{gap}。
        [下列|以下]各项中，[能够说明|符合]{term}[含义|定义]的是{gap}。
    """,
    "match": """
        [下列|以下]名词与解释[对应|搭配]正确的是{gap}。
        [下列|以下]各项[说法|表述]中，正确的是{gap}。
        [关于{subject}的|][下列|以下]说法，[正确|无误]的是{gap}。
    """,
    "member": """
        [下列|以下]各项中，属于{category}的是{gap}。
        [下列|以下][项目|内容]可[归入|划入]{category}的是{gap}。
        [从分类上看，|]属于{category}的[一项|]是{gap}。
        {category}[包括|包含][下列|以下]的{gap}。
    """,
    "stranger": """
        [下列|以下]各项中，不属于{category}的是{gap}。
        除{gap}外，[其余|其他]各项都属于{category}。
        [下列|以下]不能[归入|划入]{category}的是{gap}。
    """,
    "pair": """
        {first}和{second}分别属于{gap}。
        [从类别看|就分类而言]，{first}、{second}依次是{gap}。
        {first}与{second}[各归入|分别归入]{gap}。
    """,
    "members": """
        [下列|以下]各项中，属于{category}的有{gap}。
        {category}[包括|包含]{gap}。
        [下列|以下][项目|内容]应[归入|划入]{category}的有{gap}。
        [多选：|（多选）]哪些属于{category}？{gap}
    """,
    "strangers": """
        [下列|以下]各项中，不属于{category}的有{gap}。
        [下列|以下]不应[归入|划入]{category}的有{gap}。
    """,
    "truths": """
        [下列|以下][说法|表述]正确的有{gap}。
        [关于{subject}的|][下列|以下]说法，正确的有{gap}。
        [多选：|（多选）]解释[正确|恰当]的有{gap}。
    """,
}
_HELD_OUT = {
    "describe": """
        [哪一个|下面哪个]名词的意思是“{meaning}”？{gap}
        [考生|学员]读到“{meaning}”，应当想到{gap}。
    """,
    "define": """
        [下面|试问]哪句话[解释了|说明了]“{term}”？{gap}
        “{term}”一词的[含义|意思]应[概括|归纳]为{gap}。
    """,
    "member": """
        [哪一项|下面哪项][算作|可看作]{category}？{gap}
        若按类别挑选，{category}一类里应[选入|放进]{gap}。
    """,
    "stranger": """
        四项之中[唯独|只有]不算{category}的是{gap}。
        [哪一项|下面哪项]不该列为{category}？{gap}
    """,
    "pair": """
        把{first}、{second}[先后|依次]归类，结果应为{gap}。
        [请判断|试问]{first}以及{second}各算哪一类？{gap}
    """,
}
STEMS = {  # by side (held out or not) and form
    False: {form: patterns(text) for form, text in _TRAINING.items()},
    True: {form: patterns(text) for form, text in _HELD_OUT.items()},
}
LESSON = patterns("""
    {term}[是指|指的是|是]{meaning}。
    [所谓|通常所说的]{term}，[是|即|指]{meaning}。
    {meaning}，[在{subject}课程中|]称为{term}。
    {subject}教材[指出|认为|告诉我们]，{meaning}，这就是{term}。
    [什么是|何谓]{term}？[简单地说|一般认为|通常]，它[是指|指的是]{meaning}。
""")
CLASSIFICATION = patterns("""
    {one}属于{category}，[而|]{two}[则属于|属于]{other}。
    {category}[包括|主要有|的例子有]{many}[等|]。
    {many}[都属于|均归入|都是]{category}。
    在{subject}[课程里|课程中]，{one}[归入|列入]{category}，不要与{other}[混淆|相混]。
""")
WORKED = patterns("""
    {stem}{value}。[计算过程：|因为|解：]{why}。
    [例题：|例如，|]{stem}{value}，{why}。
""")
