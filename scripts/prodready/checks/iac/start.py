"""Becomes checkov with the languages it is asked for, and none of the others: what it loads for those costs more than most scans.

Its command line, its rules and its report stay its own. In place of what these languages never touch stand empty modules; whatever would use one of them
after all, a rule as well as a language, ends its process at once, since checkov takes an error in a rule for a pass. Where that process is one of several
which checkov started, the files it had are missing in the report, with the faults that are planted in them, and so does the check see it.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

LANGUAGES = {
    "terraform": "checkov.terraform.runner",
    "kubernetes": "checkov.kubernetes.runner",
    "cloudformation": "checkov.cloudformation.runner",
    "arm": "checkov.arm.runner",
}
"""The languages that may be asked for, and what reads them."""
OTHERS = (
    *(f"checkov.{name}.runner" for name in ("ansible", "argo_workflows", "azure_pipelines", "bicep", "bitbucket", "bitbucket_pipelines", "circleci_pipelines")),
    *(f"checkov.{name}.runner" for name in ("cdk", "dockerfile", "github", "github_actions", "gitlab", "gitlab_ci", "helm", "json_doc", "kustomize")),
    *(f"checkov.{name}.runner" for name in ("openapi", "sast", "sca_image", "sca_package_2", "secrets", "serverless", "terraform_json", "yaml_doc")),
    "checkov.terraform.plan_runner",
)
"""What reads other languages."""
UNUSED = (
    *("checkov.common.output.cyclonedx", "checkov.common.output.gitlab_sast", "checkov.common.output.spdx"),
    *("checkov.common.sast.report_types", "checkov.sast.report", "checkov.docs_generator", "checkov.contributor_metrics"),
    *("aiohttp", "boto3", "botocore", "detect_secrets", "docker", "git", "networkx"),
)
"""Other kinds of report, and libraries for the network, images and git, which an offline look at files needs not."""
ABSENT = ("numpy",)
"""What is looked for, and done without where it is not: checkov's own evaluation of expressions switches it off."""
MADE = ("Runner", "CdkRunner", "TerraformJsonRunner", "SastData")
"""What checkov makes of every module at its start, used or not."""
ENDED = 86
"""The exit code when something that is not there was used."""


def ended(what: str) -> None:
    """The end of the program: an exception would not be, since checkov catches those of its rules."""
    sys.stderr.write(f"checkov needs {what}, which was not loaded\n")
    sys.stderr.flush()
    os._exit(ENDED)


class Nothing(type):
    """The type of what stands for names in modules that are not there: it may be named and inherited from, but not used."""

    def __call__(cls, *args: object, **kwargs: object) -> object:
        if cls.__name__ in MADE and not args and not kwargs:
            return super().__call__()
        ended(f"{cls.__module__}.{cls.__name__}")
        return None

    def __getattr__(cls, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        ended(f"{cls.__module__}.{cls.__name__}.{name}")
        return None


class Unused(metaclass=Nothing):
    """What checkov makes at its start of a language that nobody asked for: it may be looked at for its name, and then be left out."""

    check_type = "not loaded"

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        ended(f"{type(self).__module__}.{name}")
        return None


class Empty(ModuleType):
    """A module that is not there."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        made = Nothing(name, (Unused,), {"__module__": self.__name__})
        setattr(self, name, made)
        return made


class Stage(MetaPathFinder, Loader):
    """Finds the modules that are not to be loaded."""

    def __init__(self, without: Sequence[str]) -> None:
        self.without = frozenset(without)

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Names everything that is left out, with all below it."""
        parts = fullname.split(".")
        if any(".".join(parts[: n + 1]) in self.without for n in range(len(parts))):
            return ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty one."""
        return Empty(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to do."""


def asked(argv: Sequence[str]) -> tuple[str, ...]:
    """The languages that a command line asks for, up to the next option."""
    words = list(argv[argv.index("--framework") + 1 :]) if "--framework" in argv else []
    end = next((number for number, word in enumerate(words) if word.startswith("-")), len(words))
    return tuple(words[:end])


def main() -> None:
    """Starts checkov."""
    gc.disable()
    wanted = asked(sys.argv)
    if "--directory" in sys.argv and wanted and set(wanted) <= LANGUAGES.keys():
        without = (*OTHERS, *UNUSED, *(module for name, module in LANGUAGES.items() if name not in wanted))
        sys.meta_path.insert(0, Stage(without))
        sys.modules.update(dict.fromkeys(ABSENT))  # type: ignore[arg-type]  # None is how Python is told that a module is not there
    from checkov.main import Checkov

    gc.freeze()
    gc.enable()
    sys.exit(Checkov().run())


if __name__ == "__main__":
    main()
