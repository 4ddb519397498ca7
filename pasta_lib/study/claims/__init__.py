"""The papers' claims, each a predicate over records with a margin stated beforehand."""

from .claim import FAILS as FAILS
from .claim import HOLDS as HOLDS
from .claim import NOT_RUN as NOT_RUN
from .claim import Claim as Claim
from .claim import Evidence as Evidence
from .claim import Finding as Finding
from .claim import Verdict as Verdict
from .claim import judge as judge
from .papers import CLAIMS as CLAIMS
