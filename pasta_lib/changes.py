"""Which changes of the training code move numbers: two counts, raised by hand, each with its line.

Most edits move nothing, and raise neither.
"""

# Raised where scores move in distribution: a fault mended, a default changed. Whatever was trained
# before is then stale.
#   1  what the first records were trained with; those that hold no count are of it
SCORES = 1

# Raised where the same seed on the same machine gives other bits, and scores like before: another
# stream of random numbers, another order of sums. Nothing gets stale by it.
#   1  what the first records were trained with; those that hold no count are of it
BITS = 1
