"""The agent's own engine as the judge of a recording."""

from guardian.engine import Engine
from guardian.sampling.taped_judge import TapedJudge


class EngineJudge(TapedJudge):
    """Asks the engine at every sample what it would tell, as the agent does."""

    def __init__(self) -> None:
        super().__init__(Engine)
