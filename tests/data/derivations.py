# ruff: noqa
# mypy: ignore-errors
# fmt: off
# Hand derivations, right and wrong, from textbooks and real projects (the sources stand at each, as questions and issues
# of public forums). They came with the project's design, are half of a larger set, and are copied unchanged;
# `tests/benchmarks/checker.py` compares checkers of derivatives on them.
"""Hand derivations from real sources, right and wrong: CASES is a list of Case(name, area, f, df, points, verdict, accept, ...).

verdict: 'pass' | 'fail' | 'undefined'; accept: slip kinds that describe a wrong derivation (empty for right ones).
Functions look their mathematics up in NS[0], so that one case runs with plain math, the engine, NumPy or mpmath:
    import cases, math; cases.use("math" | "engine" | "numpy" | "mpmath")
`modes`: in which of these f can be written ("math" only where it needs floats: tables, solvers, noise).
"""
from __future__ import annotations
import math, random, struct, zlib
from collections import namedtuple

Case = namedtuple("Case", "name area f df points verdict accept private modes source label")
CASES: list[Case] = []
NS = [None]
FLOATS_ONLY = ("math",)
ALL = ("math", "engine", "numpy")


class _Math:
    def __getattr__(self, name): return getattr(math, name)
    sigmoid = staticmethod(lambda x: 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x)))
    cbrt = staticmethod(lambda x: math.cbrt(x) if hasattr(math, "cbrt") else math.copysign(abs(x) ** (1 / 3), x))
    maximum = staticmethod(lambda a, b: a if a >= b else b)
    minimum = staticmethod(lambda a, b: a if a <= b else b)
    absolute = staticmethod(abs)
    @staticmethod
    def digamma(x):
        r = 0.0
        while x < 12.0: r -= 1 / x; x += 1
        i = 1 / (x * x)
        return r + math.log(x) - 0.5 / x - i * (1/12 - i * (1/120 - i * (1/252 - i * (1/240 - i * (1/132 - i * 691/32760)))))


def use(mode):
    if mode == "math": NS[0] = _Math()
    elif mode == "engine":
        import autograd
        class E:
            def __getattr__(self, n):
                return getattr(autograd, n) if hasattr(autograd, n) else getattr(_Math(), n)
        NS[0] = E()
    elif mode == "numpy":
        import numpy as np
        class N:
            names = dict(asin="arcsin", acos="arccos", atan="arctan", atan2="arctan2", asinh="arcsinh", acosh="arccosh", atanh="arctanh")
            def __getattr__(self, n):
                n2 = self.names.get(n, n)
                return getattr(np, n2) if hasattr(np, n2) else getattr(_Math(), n)
            @staticmethod
            def sigmoid(x): return 1 / (1 + np.exp(-x))
        NS[0] = N()
    elif mode == "mpmath":
        import mpmath
        mpmath.mp.dps = 50
        class P:
            names = dict(lgamma="loggamma")
            def __getattr__(self, n): return getattr(mpmath, self.names.get(n, n))
            sigmoid = staticmethod(lambda x: 1 / (1 + mpmath.exp(-x)))
            digamma = staticmethod(lambda x: mpmath.psi(0, x))
            log10 = staticmethod(lambda x: mpmath.log(x) / mpmath.log(10))
            log2 = staticmethod(lambda x: mpmath.log(x) / mpmath.log(2))
            exp2 = staticmethod(lambda x: mpmath.mpf(2) ** x)
            maximum = staticmethod(lambda a, b: a if a >= b else b)
            minimum = staticmethod(lambda a, b: a if a <= b else b)
            absolute = staticmethod(abs)
            cbrt = staticmethod(lambda x: mpmath.cbrt(x) if x >= 0 else -mpmath.cbrt(-x))
        NS[0] = P()


def _fn(name):
    def call(*a): return getattr(NS[0], name)(*a)
    call.__name__ = name
    return call


for _n in ("exp log log10 log2 log1p expm1 sqrt sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh erf erfc "
           "lgamma digamma sigmoid cbrt maximum minimum absolute exp2").split():
    globals()[_n] = _fn(_n)
pi = math.pi
use("math")

S = {"sign"}; MF = {"missing factor"}; EF = {"extra factor"}; CF = {"constant factor", "missing factor", "extra factor"}
MP = {"missing path", "dropped term"}; SW = {"swapped"}; WP = {"wrong point"}; WF = {"wrong function"}
DEG = {"degrees", "constant factor", "missing factor"}; TR = {"transposed", "swapped"}; MEAN = {"mean for sum", "constant factor", "missing factor", "extra factor"}
OS = {"one side"}; NN = {"not a number"}; ANY = {"*"}
_rng = random.Random(20261129)


def case(area, name, f, df, points, wrong=(), modes=ALL, source="", verdict="pass"):
    pts = [p if isinstance(p, tuple) else (p,) for p in points]
    if df is not None:
        CASES.append(Case(f"{area}: {name}", area, f, df, pts, verdict, frozenset(), _rng.random() < 0.5, modes, source, "right"))
    for kinds, label, d in wrong:
        CASES.append(Case(f"{area}: {name} -> {label}", area, f, d, pts, "fail", frozenset(kinds), _rng.random() < 0.5, modes, source, label))


# ============================================================ calculus =================================================
A = "calculus"
case(A, "e^(x^2)", lambda x: exp(x**2), lambda x: 2*x*exp(x**2), [0.4, -1.1, 1.3],
     [(MF, "no 2x", lambda x: exp(x**2)), (WF|ANY, "power rule on e", lambda x: x**2*exp(x**2-1))])
case(A, "ln(2x+1)", lambda x: log(2*x+1), lambda x: 2/(2*x+1), [0.3, 1.7, 4.0],
     [(MF|CF, "no 2", lambda x: 1/(2*x+1)), (WP|WF|ANY, "1/(2x)", lambda x: 1/(2*x))])
case(A, "log10(x)", lambda x: log10(x), lambda x: 1/(x*log(10.0)), [0.5, 3.0, 20.0],
     [(MF|CF, "1/x", lambda x: 1/x), (CF|MF|EF, "ln10/x", lambda x: log(10.0)/x)])
case(A, "log2(1+x^2)", lambda x: log2(1+x**2), lambda x: 2*x/((1+x**2)*log(2.0)), [0.5, 3.0, -1.0], [(MF|CF, "ln for log2", lambda x: 2*x/(1+x**2))])
case(A, "arctan(1/x)", lambda x: atan(1/x), lambda x: -1/(1+x**2), [0.5, 2.0, -3.0],
     [(S, "sign", lambda x: 1/(1+x**2)), (MF|EF, "no inner", lambda x: 1/(1+1/x**2))])
case(A, "arcsin(x/3)", lambda x: asin(x/3), lambda x: 1/sqrt(9-x**2), [0.5, 1.7, -2.0],
     [(MF|CF, "1/sqrt(1-x^2/9)", lambda x: 1/sqrt(1-x**2/9)), (S, "arccos rule", lambda x: -1/sqrt(9-x**2))])
case(A, "1/(1+x^2)^2", lambda x: 1/(1+x**2)**2, lambda x: -4*x/(1+x**2)**3, [0.3, 1.0, -1.7],
     [(WF|WP|MF, "exponent raised", lambda x: -4*x/(1+x**2)), (S, "sign", lambda x: 4*x/(1+x**2)**3), (MF, "no inner", lambda x: -2/(1+x**2)**3)])
case(A, "sin^2 x", lambda x: sin(x)**2, lambda x: 2*sin(x)*cos(x), [0.3, 1.0, -0.8], [(MF, "2 sin x", lambda x: 2*sin(x)), (WF|MF, "cos^2", lambda x: cos(x)**2), (WF|WP|MF, "2 cos x", lambda x: 2*cos(x))])
case(A, "sqrt(x) e^x", lambda x: sqrt(x)*exp(x), lambda x: exp(x)*(sqrt(x)+0.5/sqrt(x)), [0.4, 1.0, 2.0], [(MP, "one term", lambda x: sqrt(x)*exp(x)), (MF|CF, "no 1/2", lambda x: exp(x)*(sqrt(x)+1/sqrt(x)))])
case(A, "tanh^-1", lambda x: atanh(x), lambda x: 1/(1-x**2), [0.3, -0.6], [(WF|S, "1/(1+x^2)", lambda x: 1/(1+x**2))])
case(A, "x^sin x", lambda x: x**sin(x), lambda x: x**sin(x)*(cos(x)*log(x)+sin(x)/x), [0.5, 2.0, 4.0],
     [(WF|MP, "power rule", lambda x: sin(x)*x**(sin(x)-1)), (MP, "one term", lambda x: x**sin(x)*cos(x)*log(x))])
case(A, "Spivak 10: sin((x+1)^2 (x+2))", lambda x: sin((x+1)**2*(x+2)), lambda x: cos((x+1)**2*(x+2))*(2*(x+1)*(x+2)+(x+1)**2), [0.1, -0.6, 0.5],
     [(MP, "product rule half", lambda x: cos((x+1)**2*(x+2))*2*(x+1)*(x+2)), (WF, "product of derivatives", lambda x: cos((x+1)**2*(x+2))*2*(x+1))])
case(A, "Apostol: partials of x^2 y^3", lambda x, y: x**2*y**3, lambda x, y: (2*x*y**3, 3*x**2*y**2), [(1.2, 0.7), (-0.5, 2.0)],
     [(SW, "swapped", lambda x, y: (3*x**2*y**2, 2*x*y**3)), (MP|WF|MF, "y not constant", lambda x, y: (2*x*3*y**2, 3*x**2*y**2)), (ANY, "total for partial", lambda x, y: (2*x*y**3+3*x**2*y**2, 3*x**2*y**2))])
case(A, "partials of ln(x^2+y^2)", lambda x, y: log(x**2+y**2), lambda x, y: (2*x/(x**2+y**2), 2*y/(x**2+y**2)), [(1.2, 0.7), (-0.5, 2.0)],
     [(MF, "no inner", lambda x, y: (1/(x**2+y**2), 1/(x**2+y**2))), (CF|MF, "no 2", lambda x, y: (x/(x**2+y**2), y/(x**2+y**2)))])
case(A, "x/(x^2+y^2)", lambda x, y: x/(x**2+y**2), lambda x, y: ((y**2-x**2)/(x**2+y**2)**2, -2*x*y/(x**2+y**2)**2), [(1.2, 0.7), (-0.5, 2.0)],
     [(S, "first sign", lambda x, y: ((x**2-y**2)/(x**2+y**2)**2, -2*x*y/(x**2+y**2)**2)), (S, "second sign", lambda x, y: ((y**2-x**2)/(x**2+y**2)**2, 2*x*y/(x**2+y**2)**2))])
case(A, "a^x by log diff (a constant 2.5)", lambda x: 2.5**x, lambda x: 2.5**x*log(2.5), [0.5, 1.5], [(ANY, "mathhelpforum: ln a + x/a", lambda x: 2.5**x*(log(2.5)+x/2.5))], source="mathhelpforum 77288")
case(A, "sin of degrees", lambda x: sin(x*pi/180), lambda x: pi/180*cos(x*pi/180), [30.0, 75.0], [(DEG, "degrees", lambda x: cos(x*pi/180)), (DEG|WP, "cos(x)", lambda x: cos(x))])
case(A, "integral of exp(-t^2) to x^2", lambda x: sqrt(pi)/2*erf(x**2), lambda x: 2*x*exp(-x**4), [0.5, 1.1, -0.8], [(MF, "FTC without 2x", lambda x: exp(-x**4)), (WP|WF, "integrand at x", lambda x: 2*x*exp(-x**2))])
case(A, "logarithmic derivative of product", lambda x: (x+1)*(x+2)*(x+3), lambda x: (x+2)*(x+3)+(x+1)*(x+3)+(x+1)*(x+2), [0.5, -1.5, 2.0], [(MP, "two of three", lambda x: (x+2)*(x+3)+(x+1)*(x+3)), (WF, "1", lambda x: 1.0)])
case(A, "exp(sin x) cosh x", lambda x: exp(sin(x))*cosh(x), lambda x: exp(sin(x))*(cos(x)*cosh(x)+sinh(x)), [0.5, -1.0], [(S, "-sinh", lambda x: exp(sin(x))*(cos(x)*cosh(x)-sinh(x))), (MF, "no cos", lambda x: exp(sin(x))*(cosh(x)+sinh(x)))])

# ============================================================ statistics ===============================================
A = "statistics"
X5 = (1.2, -0.4, 0.8, 2.1, 0.3); CNT = (2, 0, 3, 1, 4)
case(A, "normal log-likelihood (mu, sigma)", lambda mu, sigma: -len(X5)*log(sigma)-sum((x-mu)**2 for x in X5)/(2*sigma**2),
     lambda mu, sigma: (sum(x-mu for x in X5)/sigma**2, -len(X5)/sigma+sum((x-mu)**2 for x in X5)/sigma**3), [(0.5, 1.2), (1.0, 0.6)],
     [(S, "sign of mu", lambda mu, sigma: (-sum(x-mu for x in X5)/sigma**2, -len(X5)/sigma+sum((x-mu)**2 for x in X5)/sigma**3)),
      (MF|CF|WF|MP, "1/sigma without n", lambda mu, sigma: (sum(x-mu for x in X5)/sigma**2, -1/sigma+sum((x-mu)**2 for x in X5)/sigma**3)),
      (ANY, "sigma^2 for sigma^3", lambda mu, sigma: (sum(x-mu for x in X5)/sigma**2, -len(X5)/sigma+sum((x-mu)**2 for x in X5)/sigma**2))])
case(A, "normal log-likelihood by variance", lambda v: -2.5*log(v)-sum(x*x for x in X5)/(2*v), lambda v: -2.5/v+sum(x*x for x in X5)/(2*v*v), [0.7, 2.0],
     [(ANY|WF, "d by sigma instead", lambda v: -5/sqrt(v)+sum(x*x for x in X5)/v**1.5), (S|MP, "sign of second", lambda v: -2.5/v-sum(x*x for x in X5)/(2*v*v))])
G5 = (0.7, 1.9, 0.4, 2.6, 1.1)
case(A, "gamma log-likelihood (shape, rate)", lambda a, b: sum(a*log(b)-lgamma(a)+(a-1)*log(x)-b*x for x in G5),
     lambda a, b: (sum(log(b)-digamma(a)+log(x) for x in G5), sum(a/b-x for x in G5)), [(1.5, 0.8), (2.2, 1.3)],
     [(ANY, "digamma forgotten", lambda a, b: (sum(log(b)+log(x) for x in G5), sum(a/b-x for x in G5))), (ANY, "ln Gamma' = 1/Gamma", lambda a, b: (sum(log(b)-exp(-lgamma(a))+log(x) for x in G5), sum(a/b-x for x in G5))),
      (S, "rate sign", lambda a, b: (sum(log(b)-digamma(a)+log(x) for x in G5), sum(x-a/b for x in G5)))], modes=FLOATS_ONLY)
U5 = (0.2, 0.5, 0.7, 0.35, 0.81)
case(A, "beta log-likelihood", lambda a, b: sum((a-1)*log(u)+(b-1)*log(1-u) for u in U5)-5*(lgamma(a)+lgamma(b)-lgamma(a+b)),
     lambda a, b: (sum(log(u) for u in U5)-5*(digamma(a)-digamma(a+b)), sum(log(1-u) for u in U5)-5*(digamma(b)-digamma(a+b))), [(1.5, 2.2), (0.8, 1.1)],
     [(ANY, "psi(a+b) forgotten", lambda a, b: (sum(log(u) for u in U5)-5*digamma(a), sum(log(1-u) for u in U5)-5*digamma(b))), (SW, "swapped", lambda a, b: (sum(log(1-u) for u in U5)-5*(digamma(b)-digamma(a+b)), sum(log(u) for u in U5)-5*(digamma(a)-digamma(a+b))))], modes=FLOATS_ONLY)
case(A, "Cauchy log-likelihood (scale)", lambda s: sum(-log(s)-log(1+(x/s)**2) for x in X5), lambda s: sum(-1/s+2*x*x/(s**3*(1+(x/s)**2)) for x in X5), [0.7, 1.5],
     [(MP, "log s term lost", lambda s: sum(2*x*x/(s**3*(1+(x/s)**2)) for x in X5)), (ANY, "s^2", lambda s: sum(-1/s+2*x*x/(s**2*(1+(x/s)**2)) for x in X5))])
Y5 = (1, 0, 1, 1, 0)
case(A, "Weibull log-likelihood (shape)", lambda k: sum(log(k)+(k-1)*log(x)-x**k for x in G5), lambda k: sum(1/k+log(x)-x**k*log(x) for x in G5), [0.8, 1.6], [(WF|ANY|MP, "power rule", lambda k: sum(1/k+log(x)-k*x**(k-1) for x in G5)), (MF|ANY, "no log x", lambda k: sum(1/k+log(x)-x**k for x in G5))])
case(A, "ridge least squares (a,b)", lambda a, b: sum((y-a-b*x)**2 for x, y in zip(X5, G5))+0.1*b*b, lambda a, b: (-2*sum(y-a-b*x for x, y in zip(X5, G5)), -2*sum(x*(y-a-b*x) for x, y in zip(X5, G5))+0.2*b), [(0.3, 0.7), (1.0, -0.4)],
     [(MP, "penalty lost", lambda a, b: (-2*sum(y-a-b*x for x, y in zip(X5, G5)), -2*sum(x*(y-a-b*x) for x, y in zip(X5, G5)))), (CF|MF|MP, "penalty not doubled", lambda a, b: (-2*sum(y-a-b*x for x, y in zip(X5, G5)), -2*sum(x*(y-a-b*x) for x, y in zip(X5, G5))+0.1*b)), (S, "sign", lambda a, b: (2*sum(y-a-b*x for x, y in zip(X5, G5)), 2*sum(x*(y-a-b*x) for x, y in zip(X5, G5))+0.2*b))])
case(A, "probit log-likelihood", lambda b: log(0.5*(1+erf(b/sqrt(2.0))))+log(0.5*(1-erf(0.7*b/sqrt(2.0)))), lambda b: exp(-b*b/2)/sqrt(2*pi)/(0.5*(1+erf(b/sqrt(2.0))))-0.7*exp(-0.49*b*b/2)/sqrt(2*pi)/(0.5*(1-erf(0.7*b/sqrt(2.0)))), [0.4, -0.9], [(MF|ANY|CF, "0.7 lost", lambda b: exp(-b*b/2)/sqrt(2*pi)/(0.5*(1+erf(b/sqrt(2.0))))-exp(-0.49*b*b/2)/sqrt(2*pi)/(0.5*(1-erf(0.7*b/sqrt(2.0))))), (CF|ANY|MF, "sqrt(2 pi) lost", lambda b: exp(-b*b/2)/(0.5*(1+erf(b/sqrt(2.0))))-0.7*exp(-0.49*b*b/2)/(0.5*(1-erf(0.7*b/sqrt(2.0)))))])
case(A, "Gaussian mixture responsibility", lambda m: log(0.3*exp(-(1.2-m)**2/2)+0.7*exp(-(1.2-2.0)**2/2)), lambda m: (1.2-m)*0.3*exp(-(1.2-m)**2/2)/(0.3*exp(-(1.2-m)**2/2)+0.7*exp(-0.32)), [0.4, 1.9], [(MF|EF|ANY, "responsibility forgotten", lambda m: 1.2-m), (S, "sign", lambda m: -(1.2-m)*0.3*exp(-(1.2-m)**2/2)/(0.3*exp(-(1.2-m)**2/2)+0.7*exp(-0.32)))])
case(A, "entropy of (p, q, 1-p-q)", lambda p, q: -(p*log(p)+q*log(q)+(1-p-q)*log(1-p-q)), lambda p, q: (log(1-p-q)-log(p), log(1-p-q)-log(q)), [(0.2, 0.5), (0.4, 0.1)], [(MP, "third constant", lambda p, q: (-log(p)-1, -log(q)-1)), (S, "sign", lambda p, q: (log(p)-log(1-p-q), log(q)-log(1-p-q)))])

# ============================================================ machine learning =========================================
A = "ml"
def lse(*z):
    m = max((float(v.data) if hasattr(v, "data") and not isinstance(v, float) else v) for v in z) if not NS[0].__class__.__name__ == "P" else 0
    return m + log(sum(exp(v-m) for v in z))
def smax(*z): l = [exp(v) for v in z]; s = sum(l); return [v/s for v in l]
SG = [(0.5,), (-1.3,), (2.2,)]
case(A, "narrow linear net loss (Neuromatch)", lambda w1, w2: (2.0-w1*w2*1.5)**2, lambda w1, w2: (-2*w2*1.5*(2.0-w1*w2*1.5), -2*w1*1.5*(2.0-w1*w2*1.5)), [(0.4, 0.7), (1.2, -0.5)],
     [(S, "minus missing", lambda w1, w2: (2*w2*1.5*(2.0-w1*w2*1.5), 2*w1*1.5*(2.0-w1*w2*1.5))), (SW|ANY, "w1, w2 swapped", lambda w1, w2: (-2*w1*1.5*(2.0-w1*w2*1.5), -2*w2*1.5*(2.0-w1*w2*1.5))), (MF, "x missing", lambda w1, w2: (-2*w2*(2.0-w1*w2*1.5), -2*w1*(2.0-w1*w2*1.5)))], source="NeuromatchAcademy/course-content-dl#176")
case(A, "softmax output 0 (Jacobian row)", lambda a, b, c: exp(a)/(exp(a)+exp(b)+exp(c)), lambda a, b, c: [smax(a, b, c)[0]*((i == 0)-smax(a, b, c)[i]) for i in range(3)], [(0.3, -0.2, 1.0), (1.0, 0.1, 0.4)],
     [(MP, "diagonal only", lambda a, b, c: [smax(a, b, c)[0]*(1-smax(a, b, c)[0]), 0.0, 0.0]), (S, "off-diagonal sign", lambda a, b, c: [smax(a, b, c)[0]*(1-smax(a, b, c)[0]), smax(a, b, c)[0]*smax(a, b, c)[1], smax(a, b, c)[0]*smax(a, b, c)[2]]), (MP|MF|WF|ANY, "just p", lambda a, b, c: [smax(a, b, c)[0], 0.0, 0.0])])
case(A, "BCE from probability", lambda p: -(0.3*log(p)+0.7*log(1-p)), lambda p: (p-0.3)/(p*(1-p)), [0.2, 0.6], [(S, "inner sign of 1-p", lambda p: -(0.3/p+0.7/(1-p))), (MF|ANY, "p - y (logit rule)", lambda p: p-0.3), (S, "sign", lambda p: (0.3-p)/(p*(1-p)))])
case(A, "BCE with logits", lambda z: maximum(z, 0.0)-0.3*z+log(1+exp(-absolute(z))), lambda z: sigmoid(z)-0.3, [0.7, -1.4, 3.0], [(EF|ANY, "sigma' extra", lambda z: (sigmoid(z)-0.3)*sigmoid(z)*(1-sigmoid(z))), (ANY|MP, "no y", lambda z: sigmoid(z))])
case(A, "focal loss gamma 2", lambda z: -(1-sigmoid(z))**2*log(sigmoid(z)), lambda z: 2*(1-sigmoid(z))**2*sigmoid(z)*log(sigmoid(z))-(1-sigmoid(z))**3, [0.4, -1.0, 2.0],
     [(MP, "modulating factor constant", lambda z: -(1-sigmoid(z))**3), (S|ANY, "sign of first term", lambda z: -2*(1-sigmoid(z))**2*sigmoid(z)*log(sigmoid(z))-(1-sigmoid(z))**3), (MF|CF|ANY, "gamma lost", lambda z: (1-sigmoid(z))**2*sigmoid(z)*log(sigmoid(z))-(1-sigmoid(z))**3)], source="Lin 2017")
case(A, "hinge", lambda w: maximum(0.0, 1-0.8*w), lambda w: -0.8 if 0.8*w < 1 else 0.0, [0.3, 2.0, -1.0], [(OS, "active everywhere", lambda w: -0.8), (S|OS, "sign", lambda w: 0.8 if 0.8*w < 1 else 0.0), (OS|ANY, "condition reversed", lambda w: -0.8 if 0.8*w > 1 else 0.0)])
case(A, "InfoNCE tau 0.1, 3 candidates", lambda s, t, u: log(exp(s/0.1)+exp(t/0.1)+exp(u/0.1))-s/0.1, lambda s, t, u: [(p-y)/0.1 for p, y in zip(smax(s/0.1, t/0.1, u/0.1), (1, 0, 0))], [(0.3, 0.1, 0.25), (0.2, 0.22, 0.1)],
     [(MF|CF, "1/tau lost", lambda s, t, u: [(p-y) for p, y in zip(smax(s/0.1, t/0.1, u/0.1), (1, 0, 0))]), (WP|ANY, "softmax without tau", lambda s, t, u: [(p-y)/0.1 for p, y in zip(smax(s, t, u), (1, 0, 0))])])
case(A, "KL(p||softmax(z))", lambda a, b: 0.3*log(0.3)+0.7*log(0.7)-0.3*a-0.7*b+log(exp(a)+exp(b)), lambda a, b: (smax(a, b)[0]-0.3, smax(a, b)[1]-0.7), [(0.4, -0.3), (1.0, 0.2)], [(S, "p - q", lambda a, b: (0.3-smax(a, b)[0], 0.7-smax(a, b)[1])), (MP|ANY, "-p/q", lambda a, b: (-0.3/smax(a, b)[0], -0.7/smax(a, b)[1]))])
def _ln(a, b, c): m = (a+b+c)/3; v = ((a-m)**2+(b-m)**2+(c-m)**2)/3; return (a-m)/sqrt(v+1e-5), m, v, (a-m, b-m, c-m)
def _dln(a, b, c):
    _, m, v, d = _ln(a, b, c); s = sqrt(v+1e-5)
    return [((i == 0)-1/3)/s-d[0]*d[i]/(3*s**3) for i in range(3)]
case(A, "layer norm first output", lambda a, b, c: _ln(a, b, c)[0], _dln, [(1.0, 2.0, 4.0), (0.1, -0.6, 0.3)],
     [(MP|ANY, "mean, var constant", lambda a, b, c: [1/sqrt(_ln(a, b, c)[2]+1e-5), 0.0, 0.0]), (MP|ANY, "var constant", lambda a, b, c: [((i == 0)-1/3)/sqrt(_ln(a, b, c)[2]+1e-5) for i in range(3)]),
      (ANY, "n-1 in the derivative", lambda a, b, c: [((i == 0)-1/3)/sqrt(_ln(a, b, c)[2]+1e-5)-_ln(a, b, c)[3][0]*_ln(a, b, c)[3][i]/(2*sqrt(_ln(a, b, c)[2]+1e-5)**3) for i in range(3)])])
Phi = lambda x: 0.5*(1+erf(x/sqrt(2.0)))
phi = lambda x: exp(-x*x/2)/sqrt(2*pi)
case(A, "swish beta 1.5", lambda x: x*sigmoid(1.5*x), lambda x: sigmoid(1.5*x)+1.5*x*sigmoid(1.5*x)*(1-sigmoid(1.5*x)), [0.5, -1.3, 2.2], [(MF|CF, "beta lost", lambda x: sigmoid(1.5*x)+x*sigmoid(1.5*x)*(1-sigmoid(1.5*x))), (MP, "one term", lambda x: sigmoid(1.5*x)), (MP|ANY, "second only", lambda x: 1.5*x*sigmoid(1.5*x)*(1-sigmoid(1.5*x)))])
case(A, "mish", lambda x: x*tanh(log(1+exp(x))), lambda x: tanh(log(1+exp(x)))+x*(1-tanh(log(1+exp(x)))**2)*sigmoid(x), [0.5, -1.3, 2.2], [(MF, "sigmoid lost", lambda x: tanh(log(1+exp(x)))+x*(1-tanh(log(1+exp(x)))**2)), (WP|WF, "1 - softplus^2", lambda x: tanh(log(1+exp(x)))+x*(1-log(1+exp(x))**2)*sigmoid(x))])
case(A, "ELU alpha 0.7", lambda x: x if x > 0 else 0.7*(exp(x)-1), lambda x: 1.0 if x > 0 else 0.7*exp(x), [0.5, -1.3, -0.2, 2.0], [(CF|OS|MF|ANY, "alpha lost", lambda x: 1.0 if x > 0 else exp(x)), (OS|ANY, "f itself", lambda x: 1.0 if x > 0 else 0.7*(exp(x)-1))])
case(A, "softplus beta 3", lambda x: log(1+exp(3*x))/3, lambda x: sigmoid(3*x), [0.5, -1.3], [(CF|EF, "3 kept", lambda x: 3*sigmoid(3*x)), (WP, "sigmoid(x)", lambda x: sigmoid(x))])
case(A, "Adam bias-corrected lr (t)", lambda t: 0.001*sqrt(1-0.999**t)/(1-0.9**t), lambda t: 0.001*((-0.5*0.999**t*log(0.999)/sqrt(1-0.999**t))*(1-0.9**t)+sqrt(1-0.999**t)*0.9**t*log(0.9))/(1-0.9**t)**2, [3.0, 20.0], [(WF|ANY, "power rule t b^(t-1)", lambda t: 0.001*((-0.5*t*0.999**(t-1)/sqrt(1-0.999**t))*(1-0.9**t)+sqrt(1-0.999**t)*t*0.9**(t-1))/(1-0.9**t)**2)])
case(A, "cosine similarity (2d, by x)", lambda x, y: (0.6*x+0.8*y)/sqrt(x*x+y*y), lambda x, y: (0.6/sqrt(x*x+y*y)-x*(0.6*x+0.8*y)/(x*x+y*y)**1.5, 0.8/sqrt(x*x+y*y)-y*(0.6*x+0.8*y)/(x*x+y*y)**1.5), [(1.0, 2.0), (-0.5, 0.3)], [(MP|ANY, "norm constant", lambda x, y: (0.6/sqrt(x*x+y*y), 0.8/sqrt(x*x+y*y))), (S, "plus", lambda x, y: (0.6/sqrt(x*x+y*y)+x*(0.6*x+0.8*y)/(x*x+y*y)**1.5, 0.8/sqrt(x*x+y*y)+y*(0.6*x+0.8*y)/(x*x+y*y)**1.5))])
case(A, "weight decay of neuron", lambda w, b: (tanh(w*0.7+b)-0.5)**2+0.01*w*w, lambda w, b: (2*(tanh(w*0.7+b)-0.5)*(1-tanh(w*0.7+b)**2)*0.7+0.02*w, 2*(tanh(w*0.7+b)-0.5)*(1-tanh(w*0.7+b)**2)), [(0.4, 0.2), (-1.0, 0.5)], [(MF, "filipecalasans/mlp#1: phi' missing", lambda w, b: (2*(tanh(w*0.7+b)-0.5)*0.7+0.02*w, 2*(tanh(w*0.7+b)-0.5))), (MP, "decay lost", lambda w, b: (2*(tanh(w*0.7+b)-0.5)*(1-tanh(w*0.7+b)**2)*0.7, 2*(tanh(w*0.7+b)-0.5)*(1-tanh(w*0.7+b)**2))), (MP, "bias gradient 0", lambda w, b: (2*(tanh(w*0.7+b)-0.5)*(1-tanh(w*0.7+b)**2)*0.7+0.02*w, 0.0))], source="filipecalasans/mlp#1")
case(A, "matrix gradient dL/dW = dz x^T (2x2)", lambda a, b, c, d: (a*1+b*2)*3+(c*1+d*2)*4+(a*1+b*2)**2, lambda a, b, c, d: (3+2*(a+2*b), 6+4*(a+2*b), 4.0, 8.0), [(0.1, 0.2, 0.3, 0.4), (1.0, -0.5, 0.2, 0.9)], [(TR, "transposed", lambda a, b, c, d: (3+2*(a+2*b), 4.0, 6+4*(a+2*b), 8.0))], source="stan math #230; RALFit #61")

# ============================================================ physics ==================================================
A = "physics"
case(A, "Planck B(x) = x^3/(e^x-1)", lambda x: x**3/(exp(x)-1), lambda x: (3*x**2*(exp(x)-1)-x**3*exp(x))/(exp(x)-1)**2, [0.5, 2.8, 7.0], [(MP, "quotient half", lambda x: 3*x**2/(exp(x)-1)), (S, "order", lambda x: (x**3*exp(x)-3*x**2*(exp(x)-1))/(exp(x)-1)**2), (MF, "not squared", lambda x: (3*x**2*(exp(x)-1)-x**3*exp(x))/(exp(x)-1))])
case(A, "Planck by wavelength in SI", lambda lam: 2*6.62607015e-34*299792458.0**2/lam**5/(exp(6.62607015e-34*299792458.0/(lam*1.380649e-23*5000.0))-1),
     lambda lam: (lambda h, c, k, T: (lambda x: 2*h*c*c/lam**6*(-5/(exp(x)-1)+x*exp(x)/(exp(x)-1)**2))(h*c/(lam*k*T)))(6.62607015e-34, 299792458.0, 1.380649e-23, 5000.0), [5e-7, 1.2e-6],
     [(MP, "prefactor only", lambda lam: (lambda h, c, k, T: (lambda x: 2*h*c*c/lam**6*(-5/(exp(x)-1)))(h*c/(lam*k*T)))(6.62607015e-34, 299792458.0, 1.380649e-23, 5000.0)), (S, "sign of second", lambda lam: (lambda h, c, k, T: (lambda x: 2*h*c*c/lam**6*(-5/(exp(x)-1)-x*exp(x)/(exp(x)-1)**2))(h*c/(lam*k*T)))(6.62607015e-34, 299792458.0, 1.380649e-23, 5000.0))])
case(A, "van der Waals p(V,T)", lambda V, T: 8.314*T/(V-4.3e-5)-0.364/V**2, lambda V, T: (-8.314*T/(V-4.3e-5)**2+2*0.364/V**3, 8.314/(V-4.3e-5)), [(1e-3, 300.0), (3e-4, 500.0)], [(S, "sign of a-term", lambda V, T: (-8.314*T/(V-4.3e-5)**2-2*0.364/V**3, 8.314/(V-4.3e-5))), (ANY|WP, "b forgotten", lambda V, T: (-8.314*T/V**2+2*0.364/V**3, 8.314/V)), (WF|ANY, "V^-2", lambda V, T: (-8.314*T/(V-4.3e-5)**2+2*0.364/V**2, 8.314/(V-4.3e-5)))])
case(A, "pendulum period series", lambda th: 2*pi*sqrt(1.0/9.81)*(1+th**2/16+11*th**4/3072), lambda th: 2*pi*sqrt(1.0/9.81)*(th/8+11*th**3/768), [0.3, 1.2], [(CF|WF|ANY|MF, "44/3072 -> 11/3072", lambda th: 2*pi*sqrt(1.0/9.81)*(th/8+11*th**3/3072)), (MF|CF, "no 2 pi", lambda th: sqrt(1.0/9.81)*(th/8+11*th**3/768))])
case(A, "pendulum energy (theta, omega)", lambda th, om: 0.5*0.7**2*om**2+9.81*0.7*(1-cos(th)), lambda th, om: (9.81*0.7*sin(th), 0.49*om), [(0.4, 1.2), (2.0, -0.5)], [(S, "sign", lambda th, om: (-9.81*0.7*sin(th), 0.49*om)), (WF|MP|ANY, "small angle", lambda th, om: (9.81*0.7*th, 0.49*om)), (SW, "swapped", lambda th, om: (0.49*om, 9.81*0.7*sin(th)))])
case(A, "relativistic kinetic energy, slow", lambda b: 1/sqrt(1-b*b)-1, lambda b: b/(1-b*b)**1.5, [1e-3, 1e-4, 1e-2], [(CF|MF|MP, "1/2", lambda b: 0.5*b/(1-b*b)**1.5)], modes=("math", "engine"))
case(A, "Snell: asin(sin(t)/1.5)", lambda t: asin(sin(t)/1.5), lambda t: cos(t)/sqrt(1.5**2-sin(t)**2), [0.4, 1.2], [(MF|ANY|WP, "1/1.5 inside lost", lambda t: cos(t)/(1.5*sqrt(1-sin(t)**2))), (MF, "cos lost", lambda t: 1/sqrt(1.5**2-sin(t)**2))])
case(A, "Stefan-Boltzmann sigma T^4", lambda T: 5.670374419e-8*T**4, lambda T: 4*5.670374419e-8*T**3, [300.0, 5800.0], [(WF, "T^4", lambda T: 4*5.670374419e-8*T**4), (MF|CF|WF, "no 4", lambda T: 5.670374419e-8*T**3)])
case(A, "Coulomb potential in eV nm", lambda r: 1.44/r*exp(-r/0.3), lambda r: -1.44*exp(-r/0.3)*(1/r**2+1/(0.3*r)), [0.2, 0.8], [(S, "sign between", lambda r: -1.44*exp(-r/0.3)*(1/r**2-1/(0.3*r))), (MP, "screening lost", lambda r: -1.44*exp(-r/0.3)/r**2)])

# ============================================================ finance ==================================================
A = "finance"
def _d1(S, s, T, K=100.0, r=0.03): return (log(S/K)+(r+s*s/2)*T)/(s*sqrt(T))
def _call(S, s, T, K=100.0, r=0.03): d1 = _d1(S, s, T); return S*Phi(d1)-K*exp(-r*T)*Phi(d1-s*sqrt(T))
case(A, "Black-Scholes delta", lambda S: _call(S, 0.2, 0.5), lambda S: Phi(_d1(S, 0.2, 0.5)), [95.0, 110.0], [(WF|ANY, "N(d2)", lambda S: Phi(_d1(S, 0.2, 0.5)-0.2*sqrt(0.5))), (MP|ANY, "extra S phi/(S s sqrt T)", lambda S: Phi(_d1(S, 0.2, 0.5))+phi(_d1(S, 0.2, 0.5))/(0.2*sqrt(0.5)))])
case(A, "Black-Scholes theta", lambda T: -_call(105.0, 0.25, T), lambda T: -105.0*phi(_d1(105.0, 0.25, T))*0.25/(2*sqrt(T))-0.03*100*exp(-0.03*T)*Phi(_d1(105.0, 0.25, T)-0.25*sqrt(T)), [0.25, 1.0], [(CF|ANY|MF, "per day", lambda T: (-105.0*phi(_d1(105.0, 0.25, T))*0.25/(2*sqrt(T))-0.03*100*exp(-0.03*T)*Phi(_d1(105.0, 0.25, T)-0.25*sqrt(T)))/365), (MP|ANY, "py_vollib#23: r-term lost", lambda T: -105.0*phi(_d1(105.0, 0.25, T))*0.25/(2*sqrt(T))), (S, "sign of T", lambda T: 105.0*phi(_d1(105.0, 0.25, T))*0.25/(2*sqrt(T))+0.03*100*exp(-0.03*T)*Phi(_d1(105.0, 0.25, T)-0.25*sqrt(T)))], source="quant.stackexchange 39297; vollib/py_vollib#23")
case(A, "Black-Scholes delta and vega together", lambda S, s: _call(S, s, 0.5), lambda S, s: (Phi(_d1(S, s, 0.5)), S*phi(_d1(S, s, 0.5))*sqrt(0.5)), [(95.0, 0.2), (120.0, 0.35)], [(SW, "swapped", lambda S, s: (S*phi(_d1(S, s, 0.5))*sqrt(0.5), Phi(_d1(S, s, 0.5))))])
case(A, "gamma: derivative of delta", lambda S: Phi(_d1(S, 0.2, 0.5)), lambda S: phi(_d1(S, 0.2, 0.5))/(S*0.2*sqrt(0.5)), [95.0, 110.0], [(MF|EF, "no inner", lambda S: phi(_d1(S, 0.2, 0.5))), (MF|ANY, "S lost", lambda S: phi(_d1(S, 0.2, 0.5))/(0.2*sqrt(0.5)))])
case(A, "compounding (1+r/12)^(12 t)", lambda r: (1+r/12)**120, lambda r: 10*(1+r/12)**119, [0.03, 0.1], [(MF|CF, "1/12 lost", lambda r: 120*(1+r/12)**119), (WF, "exponent kept", lambda r: 10*(1+r/12)**120)])
case(A, "log utility portfolio", lambda w: 0.6*log(1+0.2*w)+0.4*log(1-0.15*w), lambda w: 0.6*0.2/(1+0.2*w)-0.4*0.15/(1-0.15*w), [0.5, 2.0], [(S, "plus", lambda w: 0.6*0.2/(1+0.2*w)+0.4*0.15/(1-0.15*w)), (MF|ANY, "inner lost", lambda w: 0.6/(1+0.2*w)+0.4/(1-0.15*w))])

# ============================================================ engineering ==============================================
A = "engineering"
case(A, "Nernst (T, ratio)", lambda T, q: 1.1-8.314*T/(2*96485.0)*log(q), lambda T, q: (-8.314/(2*96485.0)*log(q), -8.314*T/(2*96485.0)/q), [(298.0, 0.01), (350.0, 5.0)], [(S, "sign", lambda T, q: (8.314/(2*96485.0)*log(q), 8.314*T/(2*96485.0)/q)), (CF|MF|ANY, "log10", lambda T, q: (-8.314/(2*96485.0)*log(q)/log(10.0), -8.314*T/(2*96485.0)/q/log(10.0))), (CF|MF, "n lost", lambda T, q: (-8.314/96485.0*log(q), -8.314*T/96485.0/q))])
case(A, "Michaelis-Menten (S)", lambda S: 2.5*S/(0.8+S), lambda S: 2.5*0.8/(0.8+S)**2, [0.3, 4.0], [(MP, "Vmax/(Km+S)", lambda S: 2.5/(0.8+S)), (S, "sign", lambda S: -2.5*0.8/(0.8+S)**2), (MF, "not squared", lambda S: 2.5*0.8/(0.8+S))])
case(A, "Butler-Volmer", lambda eta: 1e-3*(exp(0.5*38.92*eta)-exp(-0.5*38.92*eta)), lambda eta: 1e-3*0.5*38.92*(exp(0.5*38.92*eta)+exp(-0.5*38.92*eta)), [0.01, -0.05, 0.1], [(S, "minus", lambda eta: 1e-3*0.5*38.92*(exp(0.5*38.92*eta)-exp(-0.5*38.92*eta))), (MF|CF, "alpha lost", lambda eta: 1e-3*38.92*(exp(0.5*38.92*eta)+exp(-0.5*38.92*eta))), (MF|CF, "inner lost", lambda eta: 1e-3*(exp(0.5*38.92*eta)+exp(-0.5*38.92*eta)))])
case(A, "Arrhenius (T)", lambda T: 1e13*exp(-8e4/(8.314*T)), lambda T: 1e13*8e4/(8.314*T**2)*exp(-8e4/(8.314*T)), [300.0, 800.0], [(S, "sign", lambda T: -1e13*8e4/(8.314*T**2)*exp(-8e4/(8.314*T))), (MF|ANY|WF, "1/T", lambda T: 1e13*8e4/(8.314*T)*exp(-8e4/(8.314*T))), (MF|EF, "inner lost", lambda T: 1e13*exp(-8e4/(8.314*T)))])
case(A, "Colebrook by log10", lambda f: 1/sqrt(f)+2*log10(1e-4/3.7+2.51/(1e5*sqrt(f))), lambda f: -0.5*f**-1.5-2/log(10.0)*0.5*2.51/1e5*f**-1.5/(1e-4/3.7+2.51/(1e5*sqrt(f))), [0.02, 0.05], [(MF|CF|ANY, "ln 10 lost", lambda f: -0.5*f**-1.5-2*0.5*2.51/1e5*f**-1.5/(1e-4/3.7+2.51/(1e5*sqrt(f)))), (S, "sign", lambda f: 0.5*f**-1.5+2/log(10.0)*0.5*2.51/1e5*f**-1.5/(1e-4/3.7+2.51/(1e5*sqrt(f))))])
case(A, "RC low pass gain |H|", lambda w: 1/sqrt(1+(w*1e-3)**2), lambda w: -w*1e-6/(1+(w*1e-3)**2)**1.5, [200.0, 3000.0], [(S, "sign", lambda w: w*1e-6/(1+(w*1e-3)**2)**1.5), (MF|CF|ANY, "RC not squared", lambda w: -w*1e-3/(1+(w*1e-3)**2)**1.5)])
case(A, "gain in dB", lambda g: 20*log10(g), lambda g: 20/(g*log(10.0)), [0.5, 30.0], [(MF|CF, "20/g", lambda g: 20/g), (CF|ANY|MF, "10/g/ln10", lambda g: 10/(g*log(10.0)))])
case(A, "haversine in degrees", lambda lat: 2*6371.0*asin(sqrt(sin((lat-50)*pi/360)**2)), lambda lat: 6371.0*pi/180, [52.0, 60.5], [(DEG|ANY, "radians", lambda lat: 6371.0+0*lat), (CF|ANY, "half", lambda lat: 6371.0*pi/360+0*lat)])
case(A, "logistic growth K/(1+A e^-rt)", lambda t: 50/(1+9*exp(-0.4*t)), lambda t: 50*9*0.4*exp(-0.4*t)/(1+9*exp(-0.4*t))**2, [1.0, 8.0], [(S, "sign", lambda t: -50*9*0.4*exp(-0.4*t)/(1+9*exp(-0.4*t))**2), (MF|CF, "r lost", lambda t: 50*9*exp(-0.4*t)/(1+9*exp(-0.4*t))**2), (MF, "not squared", lambda t: 50*9*0.4*exp(-0.4*t)/(1+9*exp(-0.4*t)))])

# ============================================================ numerics: hard for a checker =============================
A = "numerics"
relu = lambda x: x if x > 0 else 0.0*x
sig = lambda x: 1/(1+math.exp(-x)) if x >= 0 else math.exp(x)/(1+math.exp(x))
f32 = lambda x: struct.unpack("f", struct.pack("f", x))[0]
N = FLOATS_ONLY
def num(name, f, df, points, wrong=(), verdict="pass", modes=N): case(A, name, f, df, points, wrong, modes, verdict=verdict)
m = math
num("exp(x)-1 near 0", lambda x: m.exp(x)-1, lambda x: m.exp(x), [1e-8, -1e-6, 2e-7], [(ANY, "1+1e-3", lambda x: 1.001*m.exp(x))])
num("x/(exp(x)-1) near 0", lambda x: x/(m.exp(x)-1), lambda x: -0.5+x/6-x**3/180, [1e-7, 1e-5], [(ANY, "sign", lambda x: 0.5-x/6)])
num("variance by E[x^2]-E[x]^2", lambda x: ((1e4)**2+(1e4+1)**2+(1e4+x)**2)/3-((1e4+1e4+1+1e4+x)/3)**2, lambda x: 2/3*(1e4+x)-2/9*(3e4+1+x), [0.5, 3.0], [(ANY|MP, "mean constant", lambda x: 2/3*(1e4+x))])
num("scale 1e300", lambda x: 1e300*m.sin(x), lambda x: 1e300*m.cos(x), [0.4, 2.0], [(S, "sign", lambda x: -1e300*m.cos(x))])
num("1/x at 1e-150", lambda x: 1/x, lambda x: -1/x**2, [1e-150, 1e-8], [(S, "sign", lambda x: 1/x**2)])
num("sqrt at 1e-200", lambda x: m.sqrt(x), lambda x: 0.5/m.sqrt(x), [1e-200, 1e-12], [(CF|MF, "no half", lambda x: 1/m.sqrt(x))])
num("steep sigmoid far off", lambda x: sig(1e6*(x-1)), lambda x: 1e6*sig(1e6*(x-1))*sig(-1e6*(x-1)), [1.001, 0.99], [(ANY, "1", lambda x: 1.0)])
num("Fermi function kT 1e-3", lambda E: 1/(m.exp((E-0.5)/1e-3)+1), lambda E: -1/1e-3*sig((E-0.5)/1e-3)*sig(-(E-0.5)/1e-3), [0.5, 0.503, 0.49], [(S, "sign", lambda E: 1/1e-3*sig((E-0.5)/1e-3)*sig(-(E-0.5)/1e-3))])
num("sin(1e6 x)", lambda x: m.sin(1e6*x), lambda x: 1e6*m.cos(1e6*x), [0.3, 1.0], [(MF|CF, "no 1e6", lambda x: m.cos(1e6*x))])
num("sin(x^3) at 100", lambda x: m.sin(x**3), lambda x: 3*x**2*m.cos(x**3), [100.0, 57.0], [(MF, "no inner", lambda x: m.cos(x**3))])
num("chirp exp(i) real part times gauss", lambda x: m.exp(-x*x)*m.cos(500*x*x), lambda x: m.exp(-x*x)*(-2*x*m.cos(500*x*x)-1000*x*m.sin(500*x*x)), [0.7, 1.3], [(MP|ANY, "envelope constant", lambda x: -m.exp(-x*x)*1000*x*m.sin(500*x*x))])
num("relu^3 near joint", lambda x: relu(x)**3, lambda x: 3*relu(x)**2, [-1e-3, -1e-5, 1e-3])
num("squared hinge near margin", lambda x: max(0.0, 1-x)**2, lambda x: -2*max(0.0, 1-x), [1.0, 1.000001, 0.999999, 1.0001, 1.01], [(S|ANY, "sign", lambda x: 2*max(0.0, 1-x))])
num("smoothstep near its ends", lambda x: (lambda t: t*t*(3-2*t))(min(max(x, 0.0), 1.0)), lambda x: (lambda t: 6*t*(1-t))(min(max(x, 0.0), 1.0)), [0.0, 1.0, 1e-6, -1e-6, 1.000001, 0.999999, -1e-3, 1.02], [(ANY, "6t", lambda x: 6*min(max(x, 0.0), 1.0))])
num("ELU joint", lambda x: x if x > 0 else m.exp(x)-1, lambda x: 1.0 if x > 0 else m.exp(x), [0.0, 1e-7, -1e-7, -1e-5, 1e-3])
num("huber just outside delta", lambda x: 0.5*x*x if abs(x) <= 1 else abs(x)-0.5, lambda x: x if abs(x) <= 1 else (1.0 if x > 0 else -1.0), [1+1e-5, 1-1e-5, -1-1e-3, 1+1e-9])
num("cubic spline joint (C2)", lambda x: x**3 if x < 1 else 1+3*(x-1)+3*(x-1)**2, lambda x: 3*x**2 if x < 1 else 3+6*(x-1), [1.0, 1-1e-6, 1+1e-6, 0.9, 1.1], [(OS|ANY, "right part 3", lambda x: 3*x**2 if x < 1 else 3.0)])
num("natural spline table (C2, 5 knots)", lambda x: x**3/6 if x < 1 else (-3*x**3+12*x**2-12*x+4)/6 if x < 2 else (3*x**3-24*x**2+60*x-44)/6, lambda x: x**2/2 if x < 1 else (-9*x**2+24*x-12)/6 if x < 2 else (9*x**2-48*x+60)/6, [0.5, 1.0, 1.5, 2.0, 2.5], [(OS|ANY, "middle wrong", lambda x: x**2/2 if x < 1 else (-9*x**2+24*x)/6 if x < 2 else (9*x**2-48*x+60)/6)])
TAB = [0.0, 0.8, 0.9, 0.1, -0.7, -1.0]
def _interp(x): i = min(max(int(m.floor(x)), 0), 4); return TAB[i]+(TAB[i+1]-TAB[i])*(x-i)
num("linear table interpolation", _interp, lambda x: (lambda i: TAB[i+1]-TAB[i])(min(max(int(m.floor(x)), 0), 4)), [0.5, 1.25, 3.9, 2.0], [(ANY, "previous slope", lambda x: (lambda i: TAB[i]-TAB[i-1])(min(max(int(m.floor(x)), 1), 4)))])
num("table interpolation near a knot", _interp, lambda x: (lambda i: TAB[i+1]-TAB[i])(min(max(int(m.floor(x)), 0), 4)), [2.0000001, 1.9999999, 3.001])
def _newton(a):
    x = a if a > 1 else 1.0
    for _ in range(60):
        x1 = 0.5*(x+a/x)
        if x1 == x: break
        x = x1
    return x
num("sqrt by Newton to convergence", _newton, lambda a: 0.5/m.sqrt(a), [2.0, 10.0], [(CF|MF, "no half", lambda a: 1/m.sqrt(a))])
def _newton_tol(a, tol=1e-6):
    x = 1.0
    for _ in range(60):
        x1 = 0.5*(x+a/x)
        if abs(x1-x) < tol: return x1
        x = x1
    return x
num("sqrt by Newton, tolerance 1e-6", _newton_tol, lambda a: 0.5/m.sqrt(a), [2.0, 10.0], [(CF|MF, "no half", lambda a: 1/m.sqrt(a))])
def _bisect(y, tol=1e-12):
    lo, hi = 0.0, 10.0
    while hi-lo > tol:
        mid = 0.5*(lo+hi)
        if mid+m.log(mid) < y: lo = mid
        else: hi = mid
    return 0.5*(lo+hi)
num("root by bisection tol 1e-6", lambda y: _bisect(y, 1e-6), lambda y: (lambda x: 1/(1+1/x))(_bisect(y)), [0.5, 2.0], [(ANY, "1+1/x", lambda y: (lambda x: 1+1/x)(_bisect(y)))])
def _kepler(M, e=0.3):
    E = M
    for _ in range(50):
        E1 = E-(E-e*m.sin(E)-M)/(1-e*m.cos(E))
        if abs(E1-E) < 1e-14: return E1
        E = E1
    return E
def _ivol(price):
    lo, hi = 1e-4, 3.0
    for _ in range(80):
        mid = 0.5*(lo+hi)
        d1 = (m.log(105/100)+(0.03+mid*mid/2)*0.5)/(mid*m.sqrt(0.5))
        v = 105*0.5*m.erfc(-d1/m.sqrt(2))-100*m.exp(-0.015)*0.5*m.erfc(-(d1-mid*m.sqrt(0.5))/m.sqrt(2))
        lo, hi = (mid, hi) if v < price else (lo, mid)
    return 0.5*(lo+hi)
def _simpson(g, a, b, n=64):
    h = (b-a)/n
    return h/3*sum((1 if i in (0, n) else 4 if i % 2 else 2)*g(a+i*h) for i in range(n+1))
_noise_h = lambda x: ((zlib.crc32(struct.pack("d", x)) & 0xffffffff)/2**32-0.5)*2e-6
num("sin with 1e-6 noise", lambda x: m.sin(x)+_noise_h(x), lambda x: m.cos(x), [0.5, 2.0], [(ANY|CF, "5% off", lambda x: 1.05*m.cos(x)), (S, "sign", lambda x: -m.cos(x))])
num("rounded to 2 digits", lambda x: round(10*m.sin(x), 2), lambda x: 10*m.cos(x), [0.5, 2.0], [(ANY|S, "sign", lambda x: -10*m.cos(x))])
num("float16-like derivative (3 digits by table)", lambda x: m.sin(x), lambda x: m.cos(x)*(1+3e-4), [0.5], verdict="fail")
num("integer-valued round", lambda x: round(x), lambda x: 0.0, [3.4, -0.7])
num("jump just beside (1e-9)", lambda x: (1.0 if x > 1e-9 else 0.0)+x, lambda x: 1.0, [0.0], [(ANY|CF, "2", lambda x: 2.0)])
num("sawtooth x - floor(x) at 2", lambda x: x-m.floor(x), lambda x: 1.0, [2.0], verdict="undefined")
num("sqrt at 0", lambda x: m.sqrt(x), lambda x: float("inf"), [0.0], verdict="undefined")
num("x^2 sin(1/x) at 0 (Spivak: differentiable)", lambda x: x*x*m.sin(1/x) if x else 0.0, lambda x: 0.0, [0.0], [(ANY, "-1", lambda x: -1.0)])
num("x^2 sin(1/x) near 0", lambda x: x*x*m.sin(1/x) if x else 0.0, lambda x: 2*x*m.sin(1/x)-m.cos(1/x), [0.01, 0.05], [(MP|ANY, "one term", lambda x: 2*x*m.sin(1/x))])
num("exp(-1/x^2) at 0 (flat)", lambda x: m.exp(-1/x**2) if x else 0.0, lambda x: 0.0, [0.0], [(ANY, "1", lambda x: 1.0)])
num("|x|^1.1 at 0 (barely C1)", lambda x: abs(x)**1.1, lambda x: 0.0, [0.0], [(ANY, "1", lambda x: 1.0)])
num("x log|x| at 0", lambda x: x*m.log(abs(x)) if x else 0.0, lambda x: 0.0, [0.0], verdict="undefined")
num("sinc near 0, naive df", lambda x: m.sin(x)/x, lambda x: (x*m.cos(x)-m.sin(x))/x**2, [1e-3, 1e-2, 0.1])
num("edge: asin at 1-1e-12", lambda x: m.asin(x), lambda x: 1/m.sqrt((1-x)*(1+x)), [1-1e-12, -1+1e-12], [(S|ANY, "sign", lambda x: -1/m.sqrt((1-x)*(1+x)))])
num("edge: asin at 1", lambda x: m.asin(x), lambda x: float("inf"), [1.0], verdict="undefined")
num("edge: p log p on [0,1] at 1", lambda p: p*m.log(p) if 0 < p <= 1 else m.nan, lambda p: m.log(p)+1, [1.0, 0.5], [(MP|ANY, "log p", lambda p: m.log(p))])
num("edge: quadratic on [0, 2] at its left end", lambda x: x*x+3*x if 0 <= x <= 2 else m.nan, lambda x: 2*x+3, [0.0, 1.0], [(ANY, "2x", lambda x: 2*x)])
num("edge: domain [1.0, 1.00001] interior", lambda x: x*x if 1.0 <= x <= 1.00001 else m.nan, lambda x: 2*x, [1.000005], [(CF|ANY|MF, "x", lambda x: x)])
num("polynomial Wilkinson(10) at 5.5", lambda x: m.prod(x-k for k in range(1, 11)), lambda x: sum(m.prod(x-k for k in range(1, 11) if k != j) for j in range(1, 11)), [5.5, 2.2], [(MP|ANY, "off-by-one sum", lambda x: sum(m.prod(x-k for k in range(1, 11) if k != j) for j in range(1, 10)))])
num("polynomial, Horner, large cancellation at 10.001", lambda x: ((((x-50)*x+1000)*x-10000)*x+50000)*x-100000, lambda x: (((5*x-200)*x+3000)*x-20000)*x+50000, [10.001, 10.5], [(MP|ANY, "constant kept", lambda x: (((5*x-200)*x+3000)*x-20000)*x+50001)])
num("median of x and two constants at tie", lambda x: sorted((x, 1.0, 2.0))[1], lambda x: 1.0 if 1 <= x <= 2 else 0.0, [1.0, 2.0, 1.5, 0.5], [(ANY, "2", lambda x: 2.0 if x == 1 else 0.0)])
num("norm at origin (subgradient 0)", lambda x, y: m.hypot(x, y), lambda x, y: (0.0, 0.0) if x == y == 0 else (x/m.hypot(x, y), y/m.hypot(x, y)), [(0.0, 0.0), (3.0, 4.0)], [(ANY, "(1,1) at origin", lambda x, y: (1.0, 1.0) if x == y == 0 else (x/m.hypot(x, y), y/m.hypot(x, y)))])
num("xy/(x^2+y^2)-like partials exist, not differentiable", lambda x, y: x*y/m.hypot(x, y) if x or y else 0.0, lambda x, y: (0.0, 0.0), [(0.0, 0.0)], verdict="undefined")
num("periodic wrap: angle mod 2 pi away from wrap", lambda x: m.fmod(x, 2*pi), lambda x: 1.0, [1.0, 7.0], [(ANY, "2 pi", lambda x: 2*pi)])

if __name__ == "__main__":
    from collections import Counter
    print(len(CASES), Counter(c.verdict for c in CASES), Counter(c.area for c in CASES), sum(c.private for c in CASES), len({c.name for c in CASES}), "derivations", len({id(c.f) for c in CASES}))
