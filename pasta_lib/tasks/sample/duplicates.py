"""Two questions that ask the same, or not: QQP.

Questions about one topic differ in what is asked (when, how, whether) or in the topic's own word.
"""

from random import Random

# A paragraph is a topic: first its fillers, then one question a line, in wordings parted by "|".
_TOPICS = [
    [line.strip().split(" | ") for line in topic.splitlines()]
    for topic in """
    Spanish | Arabic | Turkish | Polish | Japanese | Greek | Dutch | Russian | Swahili | Hindi
    How can I learn {} quickly? | What is the fastest way to learn {}? | How do I become fluent in {} in a short time?
    How do I teach {} to children? | What is a good way of teaching {} to children? | How should kids be taught {}?
    Is {} hard to learn? | How difficult is it to learn {}? | Would a beginner find {} difficult?
    Where is {} spoken? | In which countries do people speak {}? | What countries use {}?

    violin | piano | flute | guitar | trumpet | cello | harp | banjo | drum | clarinet
    How much does a good {} cost? | What is the price of a decent {}? | How expensive are good {}s?
    How do I sell my old {}? | Where can I find a buyer for my used {}? | Who would buy a second-hand {} from me?
    Which {} should a beginner buy? | What {} would you recommend to a learner? | What is the best {} for somebody who starts?
    How often should I practise the {}? | How many times a week do I have to play my {}? | Is it necessary to practise the {} every day?

    rice | pasta | salmon | pumpkin | lentils | cabbage | spinach | lamb | turkey | beans
    How long should I cook {}? | How many minutes does {} need in the pot? | What is the cooking time of {}?
    How do I keep {} fresh? | What is the best way to store {}? | How can I stop {} from going bad?
    Is {} healthy? | Is eating {} good for you? | What does {} do for my health?
    What goes well with {}? | Which dishes can I serve with {}? | What should I eat together with {}?

    dog | cat | rabbit | parrot | hamster | horse | pony | goat | tortoise | canary
    What should I feed my {}? | What is the best food for a {}? | What do you give a {} to eat?
    Why does my {} not eat? | What makes a {} refuse its food? | Why has my {} lost its appetite?
    How long does a {} live? | What is the life span of a {}? | How old does a {} get?
    How do I train a {}? | What is a good way to teach a {} tricks? | How can I make my {} obey?

    lawyer | nurse | pilot | plumber | teacher | dentist | chef | translator | surgeon | carpenter
    How do I become a {}? | What do I have to do to work as a {}? | What training does one need to be a {}?
    How much does a {} earn? | What is the salary of a {}? | How well is a {} paid?
    How do I find a good {}? | Where can I look for a {} I can trust? | How can I tell a good {} from a bad one?
    Why do people stop working as a {}? | What makes a {} quit the job? | Why would a {} leave the profession?

    laptop | phone | camera | printer | tablet | radio | dishwasher | fridge | heater | television
    Why does my {} not turn on? | What stops my {} from starting? | My {} stays dead, what is the reason?
    How do I clean my {}? | What is the best way to get a {} clean? | How can dirt be removed from a {}?
    Which {} is the best for little money? | What is a good cheap {}? | What {} should I get on a small budget?
    Where can I have my {} repaired? | Who can fix a broken {}? | Where do I take a {} that needs repair?

    Norway | Brazil | Kenya | Japan | Canada | Chile | Egypt | Mexico | Peru | Ireland
    When is the best time to visit {}? | In which month should I travel to {}? | What season is best for a trip to {}?
    Do I need a visa for {}? | Is a visa required to enter {}? | Can I travel to {} without a visa?
    Is {} a safe country? | How dangerous is it to travel in {}? | Are tourists safe in {}?
    How can I move to {} for good? | What must I do to settle in {}? | What does it take to live in {} permanently?

    coffee | sugar | bread | meat | cheese | chocolate | butter | beer | wine | milk
    How can I stop having {}? | What helps to give up {}? | What is the best way to quit {}?
    What happens if I have too much {}? | What are the effects of too much {}? | Is a lot of {} bad for the body?
    How is {} made? | What is the process of making {}? | How do factories produce {}?
    Why is {} so expensive now? | What has made the price of {} rise? | Why did {} get so dear?

    a headache | a cold | back pain | a toothache | a sore throat | a fever | a cough | hiccups | a sprained ankle | a burn
    How do I get rid of {}? | What is the best cure for {}? | What can I do against {}?
    What causes {}? | Why do people get {}? | Where does {} come from?
    When should I see a doctor about {}? | How bad must {} be before I go to a doctor? | At what point does {} need a doctor?
    How long does {} last? | After how many days does {} go away? | How soon will {} be over?

    tennis | chess | golf | rugby | hockey | cricket | squash | judo | karate | badminton
    What are the rules of {}? | How is {} played? | Can somebody explain how {} works?
    Who is the best {} player ever? | Who was the greatest player in the history of {}? | Which {} player was better than all others?
    Can I start {} at forty? | Is forty too old to begin with {}? | Is it too late for {} at the age of forty?
    Why is {} so popular? | What makes people love {}? | Why do so many people like {}?
    """.strip().split("\n\n")
]


def qqp(r: Random, label: int) -> dict[str, str]:
    """1 is the same question in other words, 0 is another question."""
    fillers, *questions = r.choice(_TOPICS)
    asked, another = r.sample(questions, 2)
    word, other_word = r.sample(fillers, 2)
    first, second = r.sample(asked, 2)
    if not label:
        second, word_2 = r.choice(((r.choice(another), word), (second, other_word)))
    return {"question1": first.format(word), "question2": second.format(word if label else word_2)}
