"""A word in two sentences, in one sense or in two: WiC."""

import re
from random import Random

from .inflection import capitalised
from .lexicon import MEN, TOWN, WOMEN

# A paragraph is a word and its two senses, each a line of uses parted by "|".
_WORDS = {
    word: [sense.strip().split(" | ") for sense in senses]
    for word, *senses in (
        paragraph.strip().splitlines()
        for paragraph in """bank
        {who} opened an account at the bank | the bank refused {who} a loan | {who} put the savings in a bank | robbers broke into the bank {when}
        {who} sat fishing on the bank of the river | reeds grow along the bank | {who} pulled the boat up the bank | the stream has a steep bank

        bat
        a bat flew out of the cave {when} | {who} saw a bat hanging from the beam | the bat hunts moths in the dark | {who} was afraid of the bat in the attic
        {who} swung the bat and hit the ball | the cricketer broke a bat | {who} bought a wooden bat for the match | {who} held the bat with both hands

        letter
        {who} posted a letter {when} | {who} tore up the letter from the landlord | a letter came by airmail | {who} signed the letter and sealed it
        the word begins with a silent letter | {who} wrote each letter of the alphabet | {who} forgot one letter in the name | a capital letter opens the sentence

        match
        {who} struck a match to light the stove | the last match in the box was wet | {who} burned a finger with a match | {who} lit the candle with a match
        {who} won the tennis match {when} | the match ended in a draw | a crowd came to watch the match | {who} was the referee of the match

        spring
        the roses come out in spring | {who} was born in spring | in spring the days get longer | {who} sows the wheat in spring
        a spring in the mattress was broken | {who} oiled the steel spring of the clock | the spring pushes the lid open | {who} wound the metal spring too far

        ring
        {who} wore a gold ring on one finger | the jeweller showed {who} a diamond ring | {who} lost the wedding ring {when} | the ring was set with pearls
        the boxer stepped into the ring | {who} fell in the ring in the third round | two fighters met in the ring {when} | the ring was lit for the boxing

        seal
        a seal dived under the ice | {who} fed the seal a herring at the zoo | the seal lay on the rocks with its pup | {who} watched a seal swim in the bay
        the seal on the envelope was broken | {who} pressed the seal into the wax | the contract bears the royal seal | {who} stamped the document with a seal

        trunk
        the elephant raised its trunk | the trunk of the elephant is strong | {who} was sprayed by the trunk of an elephant | the young elephant drinks with its trunk
        {who} packed the clothes in a trunk | the trunk stood in the attic, locked | {who} carried a heavy trunk to the train | old dresses filled the trunk

        crane
        a crane lifted the steel beams | {who} worked as the driver of a crane | the crane on the building site fell {when} | {who} hung the container on the crane
        a crane stood in the marsh on one leg | {who} photographed a crane in flight | the crane built its nest in the reeds | the crane caught a frog with its beak

        pen
        {who} signed the paper with a pen | the pen ran out of ink | {who} borrowed a pen to write the note | a red pen lay on the desk
        the sheep were kept in a pen | {who} drove the pigs into the pen | the goat broke out of its pen {when} | {who} mended the fence of the pen

        wave
        a wave broke over the deck | {who} rode a wave on a board | the wave swept the sandcastle away | a high wave hit the pier {when}
        {who} greeted us with a wave | with a wave of the hand {who} said goodbye | the queen gave the crowd a friendly wave | {who} returned the wave and smiled

        palm
        {who} rested in the shade of a palm | a palm grew beside the hotel pool | coconuts fell from the palm | the storm bent the palm to the ground
        {who} held the coin in one palm | the palm of the hand was sore | {who} read the future from a palm | {who} wiped the sweat from one palm

        file
        {who} saved the file on the laptop | the file would not open on my computer | {who} deleted the wrong file {when} | {who} sent the file by email
        {who} smoothed the edge with a file | the prisoner cut the bar with a file | a metal file hung in the workshop | {who} used a file on the rough wood

        chest
        {who} felt a pain in the chest | the doctor listened to the chest of the patient | the soldier wore medals on his chest | {who} was hit in the chest by the ball
        the pirates buried a chest of gold | {who} kept blankets in a wooden chest | the key of the chest was lost | {who} lifted the lid of the chest

        note
        {who} left a note on the fridge | the note said that {who} was out | {who} wrote a short note {when} | a note was pushed under the door
        {who} sang a high note | the last note of the song was wrong | {who} played each note on the flute | the choir held the note for a minute

        board
        {who} nailed a board over the window | the carpenter sawed the board in half | a loose board creaked in the floor | {who} painted the board white
        the board voted to close the factory | {who} sits on the board of the company | the board of directors met {when} | {who} told the board about the losses

        cell
        the prisoner slept in his cell | the guard locked the cell {when} | {who} spent a night in a cell | the cell had a tiny window with bars
        the cell divides under the microscope | every cell of the plant holds water | {who} studied how a cell grows | the virus enters a human cell

        star
        the brightest star shone in the north | {who} saw a star through the telescope | the ship was steered by a star | a star fell from the night sky
        the film made {who} a star | the star signed autographs {when} | fans waited for the star outside the theatre | {who} interviewed a star of the screen

        key
        {who} turned the key in the lock | the key of the front door was lost | {who} hid the key under the mat | a rusty key opened the drawer
        {who} pressed the wrong key on the piano | each key of the piano is made of ivory | one key of the keyboard is stuck | {who} struck a black key

        glass
        {who} drank a glass of water | {who} filled the glass with wine | {who} raised a glass to the bride | the waiter brought a glass of juice
        the vase is made of glass | the window needs new glass | {who} cut a foot on broken glass | a wall of glass closes the hall

        fan
        {who} is a fan of the local club | every fan sang in the stadium | the singer hugged a fan {when} | {who} has been a fan of the band for years
        the fan cooled the hot room | {who} switched on the electric fan | the fan on the ceiling turned slowly | {who} repaired the motor of the fan

        mouse
        the cat caught a mouse {when} | a mouse ate the cheese in the kitchen | {who} saw a mouse run into a hole | the owl carried off a mouse
        {who} clicked with the mouse | the mouse of my computer is wireless | {who} moved the mouse to the icon | {who} plugged the mouse into the laptop

        bar
        {who} ordered a beer at the bar | the bar was full of drinkers {when} | {who} met a friend in a bar | the bar closes at two at night
        {who} bent the iron bar | a bar of the cage was loose | the thief sawed through a bar | {who} lifted a steel bar in the gym

        plant
        the plant needs water and light | {who} keeps a plant on the window sill | the plant has yellow flowers | {who} put the plant in a bigger pot
        the plant makes engines for lorries | {who} works in a chemical plant | two hundred workers left the plant | smoke rose from the plant {when}

        scale
        {who} weighed the flour on a scale | the scale showed ninety kilos | {who} stood on the scale in the bathroom | the butcher put the meat on the scale
        {who} practised a scale on the violin | the pianist played a scale {when} | the song runs down the scale | {who} sang a major scale

        pitcher
        the pitcher threw a fast ball | {who} was the pitcher of the team | the pitcher missed the batter {when} | the coach trained a young pitcher
        {who} poured milk from a pitcher | the pitcher of lemonade was empty | a clay pitcher stood on the table | {who} filled the pitcher at the well

        tie
        {who} wore a silk tie to the wedding | {who} spilt soup on a new tie | the tie matched the blue shirt | {who} loosened the tie after work
        the game ended in a tie | the vote was a tie, five to five | a late goal made it a tie {when} | {who} was unhappy about the tie in the final

        ruler
        the ruler of the country lived in a palace | the people hated their cruel ruler | {who} was the ruler of a small kingdom | the ruler led the army to war
        {who} drew the line with a ruler | the ruler is thirty centimetres long | {who} measured the page with a ruler | a wooden ruler lay in the pencil case

        jam
        {who} spread jam on the toast | {who} cooked jam from plums | a jar of jam stood on the shelf | the cake was filled with strawberry jam
        {who} was stuck in a jam on the motorway | the accident caused a jam {when} | a jam of lorries blocked the bridge | {who} waited an hour in the jam

        sentence
        {who} wrote the first sentence of the novel | the sentence has no verb | {who} read each sentence aloud | a long sentence is hard to follow
        the judge passed a mild sentence | the thief served his sentence in jail | {who} got a sentence of nine years | the court cut the sentence {when}

        pipe
        water leaked from the pipe {when} | the plumber replaced the pipe | the pipe under the sink burst | gas flows through the pipe
        {who} filled the pipe with tobacco | grandfather smoked a pipe | {who} knocked the ashes from a pipe | the smell of his pipe hung in the room

        hood
        {who} pulled the hood over wet hair | the coat has a warm hood | the monk hid his face in a hood | the hood of the jacket was torn
        {who} opened the hood of the car | smoke came from under the hood of the truck | the mechanic looked under the hood {when} | the engine under the hood was hot

        deck
        {who} walked on the deck of the ship | the sailors scrubbed the deck | a wave washed over the deck {when} | {who} slept on the deck under the stars
        {who} shuffled the deck and dealt | one card was missing from the deck | the magician held a deck of cards | {who} drew an ace from the deck

        court
        the court found {who} guilty | {who} took the landlord to court | the court heard six witnesses {when} | the lawyer spoke before the court
        {who} played tennis on a clay court | the players ran onto the court | the ball bounced off the court | the basketball court has a new floor

        organ
        {who} played the organ in church | the organ filled the chapel with music | the old organ has a thousand pipes | {who} practised hymns on the organ
        the heart is a vital organ | the surgeon removed the sick organ | {who} gave an organ to a sister | no organ of the patient was harmed

        coach
        the coach picked the players {when} | {who} was the coach of the swimmers | the coach shouted at the goalkeeper | the team thanked its coach for the cup
        {who} took a coach to the seaside | the coach was full of tourists | the coach broke down on the motorway | a coach waited outside the hotel
        """.replace("\n        ", "\n").strip().split("\n\n")
    )
}


def _use(r: Random, word: str, use: str, prefix: str) -> dict[str, object]:
    who = r.choice((*WOMEN, *MEN, *(f"the {person}" for person in TOWN.people)))
    text = capitalised(use.format(who=who, when=r.choice(TOWN.times)))
    start = re.search(rf"\b{word}\b", text, re.IGNORECASE).start()
    return {f"sentence{prefix}": text, f"start{prefix}": start, f"end{prefix}": start + len(word)}


def wic(r: Random, label: int) -> dict[str, object]:
    """1 is the same sense, 0 another."""
    word = r.choice(tuple(_WORDS))
    sense, other = r.sample(_WORDS[word], 2)
    first, second = r.sample(sense, 2)
    if not label:
        second = r.choice(other)
    return {"word": word} | _use(r, word, first, "1") | _use(r, word, second, "2")
