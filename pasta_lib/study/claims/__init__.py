"""The papers' claims as data, and the one rule by which records decide them."""

from .claim import Claim as Claim
from .evidence import Evidence as Evidence
from .judge import judge as judge
from .judge import judge_all as judge_all
from .papers import CLAIMS as CLAIMS
from .verdict import CONTRADICTED as CONTRADICTED
from .verdict import INCONCLUSIVE as INCONCLUSIVE
from .verdict import NOT_JUDGED as NOT_JUDGED
from .verdict import OUTCOMES as OUTCOMES
from .verdict import SUPPORTED as SUPPORTED
from .verdict import Verdict as Verdict
