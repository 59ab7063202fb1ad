// The functions that the op table's `js` forms call: what JavaScript's Math lacks, and Python's refusals.
// Each is the counterpart of the function of its name in special.py, which says why it is written this way.
// `op, domain` are a row's name and the words for where it is defined; what Python raises is a RangeError here.
const ag = (() => {
  "use strict";

  const refuse = (op, xs, what) => {
    const names = xs.length === 1 ? ["x"] : xs.map((_, i) => `x${i + 1}`);
    const listed = xs.slice(0, 4).map((x, i) => `${names[i]} = ${Object.is(x, -0) ? "-0" : x}`).join(", ");
    const more = xs.length > 4 ? `, ... (${xs.length} operands)` : "";
    throw new RangeError(`${op} with ${listed}${more}: ${what}`);
  };
  const outside = (op, domain, xs) => refuse(op, xs, domain ? `${op} is defined for ${domain}` : "it has no value here");

  // y = op(...xs), unless Python's math module raises there: nan from numbers, or infinity from finite ones.
  const checked = (op, domain, y, ...xs) => {
    if (Number.isFinite(y)) return y;
    if (Number.isNaN(y)) return xs.some(Number.isNaN) ? y : outside(op, domain, xs);
    if (!xs.every(Number.isFinite)) return y;
    return domain ? outside(op, domain, xs) : refuse(op, xs, "the result is too large for a double");
  };

  // --- arithmetic
  const divide = (op, domain, a, b) => (b === 0 ? outside(op, domain, [a, b]) : a / b);
  const divideTotal = (a, b, zeroOverZero) => {
    if (b !== 0) return a / b;
    return a === 0 ? zeroOverZero : a * Infinity;
  };
  // JavaScript's % has the sign of a, Python's that of b.
  const mod = (op, domain, a, b) => {
    if (b === 0) outside(op, domain, [a, b]);
    const rest = a % b;
    if (rest === 0) return b < 0 ? -0 : 0;
    return rest < 0 !== b < 0 ? rest + b : rest;
  };
  const floordiv = (op, domain, a, b) => {
    if (b === 0) outside(op, domain, [a, b]);
    const rest = a % b;
    const quotient = (a - rest) / b - (rest !== 0 && rest < 0 !== b < 0 ? 1 : 0);
    if (quotient === 0) return 0 * (a / b);
    const whole = Math.floor(quotient);
    return quotient - whole > 0.5 ? whole + 1 : whole;
  };
  // C's pow, and so Python's, is 1 for 1^nan, 1^inf and (-1)^inf, where JavaScript has nan.
  const pow = (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : Math.pow(a, b));
  const power = (op, domain, a, b) => {
    if (a === 0 && b < 0 && b > -Infinity) outside(op, domain, [a, b]);
    const y = pow(a, b);
    if (Number.isNaN(y) && !Number.isNaN(a) && !Number.isNaN(b)) outside(op, domain, [a, b]);
    return checked(op, "", y, a, b);
  };
  const powerTotal = (a, b) => (a === 0 && b < 0 ? Infinity : pow(a, b));
  const powerSlope = (a, b) => (b !== 0 ? b * powerTotal(a, b - 1) : 0);

  // --- exponentials and logarithms
  const logOrZero = (a) => (a > 0 ? Math.log(a) : a === 0 ? 0 : NaN);
  const xlogy = (op, domain, x, y) => {
    if (x === 0 && !Number.isNaN(y)) return 0;
    return y <= 0 ? outside(op, domain, [x, y]) : x * Math.log(y);
  };
  const shiftedExp = (op, domain, a, b) => (a === -Infinity && b === -Infinity ? 0 : checked(op, domain, Math.exp(a - b), a - b));

  // --- activations
  const sigmoid = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
  const sigmoidSlope = (x) => {
    const t = Math.exp(-Math.abs(x));
    return t / (1 + t) / (1 + t);
  };
  const sech2 = (x) => 4 * sigmoidSlope(2 * x);
  const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  const softsign = (x) => (Math.abs(x) === Infinity ? Math.sign(x) : x / (1 + Math.abs(x)));
  const silu = (x) => (x === -Infinity ? -0 : x * sigmoid(x));
  const siluSlope = (x) => {
    const t = Math.exp(-Math.abs(x));
    if (x > 0) return (1 + t + (t ? x * t : 0)) / ((1 + t) * (1 + t));
    return t === 0 ? -0 : (t * (1 + x + t)) / ((1 + t) * (1 + t));
  };

  // --- the normal distribution and the error function
  const head = (x) => 134217729 * x - (134217729 * x - x); // the leading 26 bits: its square is exact
  const gaussian = (x, rate) => {
    if (!(Math.abs(x) <= 1e3)) return Number.isNaN(x) ? NaN : 0;
    const h = head(x);
    return Math.exp(-rate * h * h) * Math.exp(-rate * (x - h) * (x + h));
  };
  const density = (x) => gaussian(x, 0.5) / Math.sqrt(2 * Math.PI);
  // The area between 0 and x over the density at x: x + x^3/3 + x^5/(3 5) + ..., whose terms have one sign.
  const areaRatio = (x) => {
    let sum = x;
    for (let term = x, n = 3; Math.abs(term) > 1e-17 * Math.abs(sum); n += 2) sum += term *= (x * x) / n;
    return sum;
  };
  // The area beyond x over the density at x, by the continued fraction 1/(x + 1/(x + 2/(x + 3/(x + ...)))).
  const tailRatio = (x) => {
    let below = x;
    for (let n = 100; n > 0; n -= 1) below = x + n / below;
    return 1 / below;
  };
  const FAR = 2.5; // from here on the continued fraction has all digits within its 100 terms
  const cdf = (x) => {
    if (x < -FAR) return density(x) * tailRatio(-x);
    return x > FAR ? 1 - density(x) * tailRatio(x) : 0.5 + density(x) * areaRatio(x);
  };
  const area = (x, ratio) => Math.sqrt(2 / Math.PI) * gaussian(x, 1) * ratio(x * Math.SQRT2);
  const erf = (x) => {
    if (x === 0 || Number.isNaN(x)) return x;
    if (Math.abs(x) * Math.SQRT2 <= FAR) return area(x, areaRatio);
    return x > 0 ? 1 - area(x, tailRatio) : area(-x, tailRatio) - 1;
  };
  const erfc = (x) => (x * Math.SQRT2 > FAR ? area(x, tailRatio) : 1 - erf(x));
  const gelu = (x) => (x === -Infinity ? -0 : x * cdf(x));
  const geluSlope = (x) => (Math.abs(x) === Infinity ? Number(x > 0) : cdf(x) + x * density(x));

  // --- kinks and steps
  const sign = (x) => (x > 0 ? 1 : x < 0 ? -1 : x === 0 ? 0 : NaN);
  const step = (x) => (x > 0 ? 1 : Number.isNaN(x) ? NaN : 0);
  const equal = (a, b) => (a === b ? 1 : Number.isNaN(a) || Number.isNaN(b) ? NaN : 0);
  const inside = (x, low, high) => (Number.isNaN(x) ? x : Number(low <= x && x <= high));
  const floor = (op, domain, x) => (Number.isFinite(x) ? Math.floor(x) + 0 : outside(op, domain || "finite x", [x]));
  const rounded = (x, digits) => {
    const size = Math.abs(x);
    if (!Number.isFinite(x) || (digits > 0 && size >= 1e21) || digits > 99) return x;
    let result;
    if (digits > 0) {
      const [whole, rest] = size.toFixed(100).split(".");
      const kept = whole + rest.slice(0, digits);
      const tie = /^50*$/.test(rest.slice(digits)); // toFixed takes a tie up, Python to the even digit
      result = tie && "02468".includes(kept.at(-1)) ? Number(`${kept}e${-digits}`) : Number(size.toFixed(digits));
    } else {
      const unit = Math.pow(10, -digits);
      const rest = size % unit;
      const odd = ((size - rest) / unit) % 2 === 1;
      result = size - rest + (rest * 2 > unit || (rest * 2 === unit && odd) ? unit : 0);
    }
    return x < 0 || Object.is(x, -0) ? -result : result;
  };

  // --- operations of many operands
  const sum = (...xs) => xs.reduce((total, x) => total + x, 0);
  const prod = (...xs) => xs.reduce((total, x) => total * x);
  const dot = (...xs) => {
    const half = Math.floor(xs.length / 2);
    let total = 0;
    for (let i = 0; i < half; i += 1) total += xs[i] * xs[half + i];
    return xs.length % 2 ? total + xs[xs.length - 1] : total;
  };
  // The sum without rounding on the way, as parts that do not overlap (Shewchuk, 1997).
  const exactSum = (xs) => {
    const parts = [];
    for (let x of xs) {
      let count = 0;
      for (let y of parts) {
        if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
        const high = x + y;
        const low = y - (high - x);
        if (low) parts[count++] = low;
        x = high;
      }
      parts.splice(count, Infinity, x);
    }
    const exact = parts.reduceRight((total, part) => total + part, 0);
    return Number.isFinite(exact) ? exact : sum(...xs);
  };
  const mean = (...xs) => exactSum(xs) / xs.length;
  const sinc = (x, order) => {
    const u = Math.PI * x;
    const scale = Math.pow(Math.PI, order);
    if (Math.abs(u) <= order + 1.5) {
      const terms = [];
      const first = Math.ceil(order / 2);
      let power = order % 2 ? u : 1; // u^m / m! with m = 2 k - order
      for (let k = first; k < first + 20 + order; k += 1) {
        const m = 2 * k - order;
        terms.push(((k % 2 ? -1 : 1) * power) / (2 * k + 1));
        power *= (u / (m + 1)) * (u / (m + 2));
      }
      return scale * exactSum(terms);
    }
    if (Math.abs(u) === Infinity) return 0;
    const turned = [Math.sin(u), Math.cos(u), -Math.sin(u), -Math.cos(u)];
    let result = turned[0] / u;
    for (let n = 1; n <= order; n += 1) result = (turned[n % 4] - n * result) / u;
    return scale * result;
  };
  const norm = (...xs) => (xs.some(Number.isNaN) ? NaN : Math.hypot(...xs));
  const spread = (op, ddof, xs) => {
    if (xs.length === ddof) outside(op, `more than ${ddof} operands`, xs);
    const centre = mean(...xs);
    return xs.map((x) => x - centre);
  };
  const variance = (op, domain, ddof, ...xs) =>
    exactSum(spread(op, ddof, xs).map((d) => d * d)) / (xs.length - ddof);
  const std = (op, domain, ddof, ...xs) => norm(...spread(op, ddof, xs)) / Math.sqrt(xs.length - ddof);
  const first = (better) => (...xs) =>
    xs.some(Number.isNaN) ? NaN : xs.reduce((best, x) => (better(x, best) ? x : best));
  const maximum = first((a, b) => a > b);
  const minimum = first((a, b) => a < b);
  const logsumexp = (...xs) => {
    const largest = maximum(...xs);
    if (!Number.isFinite(largest)) return largest;
    return largest + Math.log1p(exactSum([-1, ...xs.map((x) => Math.exp(x - largest))]));
  };
  const share = (op, domain, ...xs) => {
    const whole = exactSum(xs);
    return whole === 0 ? outside(op, domain, xs) : xs[0] / whole;
  };
  const crossEntropy = (...xs) => {
    const largest = maximum(...xs);
    return largest - xs[0] + Math.log1p(exactSum([-1, ...xs.map((x) => Math.exp(x - largest))]));
  };

  // --- numbers that are checked
  const isChance = (x) => x >= 0 && x <= 1;
  const chance = (op, domain, x) => (isChance(x) ? x : outside(op, domain, [x]));
  const logChance = (op, domain, ...xs) =>
    xs[0] && xs.every(isChance) ? Math.log(xs[0]) : outside(op, domain, xs);
  const bce = (op, domain, p, t) => {
    if (!isChance(p) || !isChance(t)) outside(op, domain, [p, t]);
    return -(t * Math.max(Math.log(p), -100) + (1 - t) * Math.max(Math.log1p(-p), -100));
  };
  const side = (op, domain, x) => (Math.abs(x) === 1 ? x : outside(op, domain, [x]));
  const entry = (op, domain, place, ...xs) => (place in xs ? xs[place] : outside(op, domain, [place, ...xs]));

  return Object.freeze({
    checked, divide, divideTotal, mod, floordiv, power, powerTotal, powerSlope, logOrZero, xlogy, shiftedExp,
    sigmoid, sigmoidSlope, sech2, softplus, softsign, silu, siluSlope, gaussian, density, erf, erfc, gelu, geluSlope,
    sign, step, equal, inside, floor, rounded, sum, prod, dot, mean, sinc, norm, variance, std, maximum, minimum,
    logsumexp, share, crossEntropy, chance, logChance, bce, side, entry,
  });
})();
