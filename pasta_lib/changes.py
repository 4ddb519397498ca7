"""Two version numbers of the training code, raised by hand; each record carries them.

Most edits move no number, and raise neither.
"""

# Raised where scores move in distribution: a fault mended, a default changed. Tables then mark
# what was trained before as stale.
#   1  what the first records were trained with; those that hold no count are of it
SCORES = 1

# Raised where the same seed on the same machine gives other bits, and scores like before: another
# stream of random numbers, another order of sums. Nothing gets stale by it.
#   1  what the first records were trained with; those that hold no count are of it
#   2  masks of dropout drawn 16 bits each, frozen weights packed, in bf16 held in it
BITS = 2
