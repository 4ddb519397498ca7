"""What the notebooks let a person play with: functions from a state to HTML, under one skin."""

from .cells import ask as ask
from .cells import claims as claims
from .cells import dial as dial
from .cells import head_to_head as head_to_head
from .cells import heads as heads
from .cells import many_tasks as many_tasks
from .cells import word as word
from .trained import adapter as adapter
from .trained import adapters as adapters
