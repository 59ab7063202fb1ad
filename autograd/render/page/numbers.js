// Numbers as Python writes them: `%.6g` in sentences, `%.4g` elsewhere. A zero has no sign.

// Where the exact number lies halfway between two candidates Python takes the even one, JavaScript the larger.
function rounded(x, digits) {
  const [exact] = x.toExponential(99).split("e");
  const written = exact.replace(".", "");
  const last = Number(written[digits - 1]);
  if (/^50*$/.test(written.slice(digits)) && last % 2 === 0) {
    return written.slice(0, digits) + "e" + x.toExponential(99).split("e")[1];
  }
  const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
  return mantissa.replace(".", "") + "e" + exponent;
}

function general(x, digits) {
  if (Number.isNaN(x)) return "nan";
  const sign = x < 0 || Object.is(x, -0) ? "-" : "";
  if (x === 0) return sign + "0";
  if (!Number.isFinite(x)) return sign + "inf";
  const [figures, power] = rounded(Math.abs(x), digits).split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= digits) {
    const rest = figures.slice(1).replace(/0+$/, "");
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return sign + figures[0] + (rest && "." + rest) + "e" + (exponent < 0 ? "-" : "+") + size;
  }
  const padded = exponent < 0 ? "0".repeat(-exponent) + figures : figures;
  const point = exponent < 0 ? 1 : exponent + 1;
  const rest = padded.slice(point).replace(/0+$/, "");
  return sign + padded.slice(0, point) + (rest && "." + rest);
}

const short = (x) => general(x + 0, 6); // -0 + 0 is 0
const brief = (x) => general(x + 0, 4);
const inBrackets = (x, text) => (x < 0 ? `(${text})` : text);
const factor = (x) => inBrackets(x, short(x));
const shortFactor = (x) => inBrackets(x, brief(x));

// In an equation: a minus sign, and powers of ten as they are written by hand.
function inMathematics(x) {
  const [digits, power] = brief(x).split("e");
  const written = digits.replace("-", "−").replace("inf", "∞");
  const raised = power && [...String(Number(power))].map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("");
  return raised ? `${written}·10${raised}` : written;
}
const numeric = (x) => (typeof x === "string" ? { inf: Infinity, "-inf": -Infinity, nan: NaN }[x] : x);
