"""The sixteen tasks of both papers, and a user's own, from the sample, the hub or a folder."""

from .encoding import Encoded as Encoded
from .encoding import encode as encode
from .load import load_task as load_task
from .submission import submission_splits as submission_splits
from .submission import write_submission as write_submission
from .table import TASKS as TASKS
from .table import TaskSpec as TaskSpec
from .task import Task as Task
from .user import user_task as user_task
