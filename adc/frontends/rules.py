"""Own rules: `derivative f(x; dx) = e` and `adjoint f(x; ct) = e` become functions beside `f`."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from adc.diagnostics import Error, Span
from adc.frontends.context import Poisoned
from adc.frontends.interface import Interface, map_dims
from adc.frontends.making import Recipe
from adc.frontends.problems import BAD_RULE, DEFINED_TWICE, NOT_SUPPORTED, UNKNOWN_NAME, nearest
from adc.frontends.program import ElaboratedProgram, Rule
from adc.ir.core import OwnRule
from adc.syntax import ast
from adc.types.core import DType, Scalar, Signature, SurfaceType, Tuple, leaves, tangent_type
from adc.types.dims import Poly


def make_rules(program: ElaboratedProgram) -> None:
    """Make the functions of all rules; what is wrong with one goes to the program's problems.

    A rule may use a builtin of the library, which brings rules of its own.
    """
    while program.rules:
        rule = program.rules.pop(0)
        try:
            _make_rule(program, rule)
        except Poisoned:
            pass
        except Error as error:
            program.problems.append(error)


def _make_rule(program: ElaboratedProgram, rule: Rule) -> None:
    name = rule.function
    place = rule.name_span or rule.span
    if name not in program.definitions:
        hint = nearest(name, program.definitions)
        raise UNKNOWN_NAME.at(
            place, f"there is no definition `{name}` to give a rule for", hint=hint
        )
    if name in program.workshop.rules:
        raise DEFINED_TWICE.at(
            place,
            f"`{name}` has a rule already",
            notes=("one of the two suffices: they are transposes",),
        )
    if program.is_inlined(name):
        raise BAD_RULE.at(place, f"`{name}` takes or gives functions: it cannot have a rule")
    signature = program.outcome(name).signature
    kind = "derivative" if isinstance(rule, ast.DerivativeRule) else "adjoint"
    maker = _Maker(program, rule, signature, place)
    recipe = maker.derivative() if kind == "derivative" else maker.adjoint()
    program.workshop.make(recipe, lambda: program.context(recipe.name, place))
    program.workshop.journal.put(program.workshop.rules, name, OwnRule(kind, recipe.name))


class _Maker:
    """The recipe of one rule."""

    def __init__(
        self, program: ElaboratedProgram, rule: Rule, signature: Signature, place: Span
    ) -> None:
        self.program = program
        self.rule = rule
        self.signature = signature
        self.place = place
        self.tangents = tuple(
            (n, t) for n, p in signature.params if (t := tangent_type(p)) is not None
        )

    def derivative(self) -> Recipe:
        assert isinstance(self.rule, ast.DerivativeRule)
        names = [n.name for n in self.rule.tangents]
        if len(names) != len(self.tangents):
            wanted = ", ".join(f"`{n}`" for n, _ in self.tangents)
            raise BAD_RULE.at(
                self.place,
                f"the rule takes a tangent of each of {wanted}, found {len(names)}",
                notes=("integers, booleans and functions have no tangent",),
            )
        inputs = [(n, t) for n, (_, t) in zip(names, self.tangents, strict=True)]
        return self._recipe("derivative", inputs, self._tangent_result())

    def adjoint(self) -> Recipe:
        assert isinstance(self.rule, ast.AdjointRule)
        names = [n.name for n in self.rule.cotangents]
        cotangent = self._tangent_result()
        types: tuple[SurfaceType, ...] = (cotangent,)
        if len(names) > 1 and isinstance(cotangent, Tuple):
            types = cotangent.items
        if len(names) != len(types):
            raise BAD_RULE.at(
                self.place, f"the rule takes one cotangent of {cotangent}, found {len(names)}"
            )
        found = tuple(t for _, t in self.tangents)
        if not found:
            raise BAD_RULE.at(
                self.place, f"no parameter of `{self.rule.function}` carries a derivative"
            )
        result = found[0] if len(found) == 1 else Tuple(found)
        return self._recipe("adjoint", list(zip(names, types, strict=True)), result)

    def _tangent_result(self) -> SurfaceType:
        found = tangent_type(self.signature.result)
        if found is None:
            raise BAD_RULE.at(
                self.place, f"the result of `{self.rule.function}` carries no derivative"
            )
        return found

    def _recipe(
        self, kind: str, inputs: Sequence[tuple[str, SurfaceType]], result: SurfaceType
    ) -> Recipe:
        primals = [n.name for n in self.rule.primals]
        if len(primals) != len(self.signature.params):
            raise BAD_RULE.at(
                self.place,
                f"`{self.rule.function}` has {len(self.signature.params)} parameters, the rule {len(primals)}",
            )
        self._refuse_repeated([*primals, *(n for n, _ in inputs)])
        params = [
            (n, self._renamed(t, primals))
            for n, (_, t) in zip(primals, self.signature.params, strict=True)
        ]
        params += [(n, self._renamed(t, primals)) for n, t in inputs]
        interface = Interface(self.signature.sizes, tuple(params))
        body = self.rule.body
        return Recipe(
            f"{self.rule.function}.{kind}",
            interface,
            lambda cx, opened: cx.evaluate(body, opened.scope.inner()),
            self._renamed(result, primals),
            body.span,
            self.place,
            is_rule=True,
        )

    def _refuse_repeated(self, names: Sequence[str]) -> None:
        for k, name in enumerate(names):
            if name in names[:k]:
                raise DEFINED_TWICE.at(self.place, f"`{name}` stands twice among the parameters")

    def _renamed(self, t: SurfaceType, primals: Sequence[str]) -> SurfaceType:
        """A type of the function with its integer parameters called as the rule calls them."""
        integers: dict[Hashable, Poly] = {
            n: Poly.atom(new)
            for new, (n, p) in zip(primals, self.signature.params, strict=True)
            if p == Scalar(DType.I64)
        }
        known = {*self.signature.sizes, *integers}
        for leaf in leaves(t):
            for d in leaf.dims:
                if not d.atoms() <= known:
                    raise NOT_SUPPORTED.at(
                        self.place, "a rule for a function whose result size only a run can tell"
                    )
        return map_dims(t, lambda d: d.substitute(integers))
