"""What the drop-in raises of its own.

SarkPolicyError
├── OPACompilationError     a policy that was given by name does not compile
├── OPAEvaluationError      a query could not be evaluated
└── OverlayRefused          policies by name need a folder beneath, or none
"""

from sark_policy._exceptions import Problem, SarkPolicyError


class OPACompilationError(SarkPolicyError):
    """A policy does not compile. What was loaded before stays."""

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message, problems)
        self.message = message
        self.problems = problems
        """Everything that is wrong, each with its place. `file` is the name that the policy was given."""

    def __str__(self) -> str:
        return self.message


class OPAEvaluationError(SarkPolicyError):
    """A query could not be evaluated, so deny. The cause is in `__cause__`."""


class OverlayRefused(SarkPolicyError):
    """Policies by name were to be laid over a bundle that only the sandbox looks into."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.source = source

    def __str__(self) -> str:
        return (
            f"policies cannot be loaded by name over {self.source}, whose files only the sandbox sees; "
            "serve the bundle from a folder, or put the policy into the archive"
        )
