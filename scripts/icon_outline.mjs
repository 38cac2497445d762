// Turns stroked SVG icons (Lucide draws with lines) into filled outlines, since a font glyph
// can only be filled. Curves are flattened finely enough for icons of up to 64 px.
import svgpath from 'svgpath';

const CURVE_STEPS = 7;
const CAP_STEPS = 5;

const attribute = (element, name) => Number(element.match(new RegExp(`\\b${name}="([^"]+)"`))?.[1] ?? 0);

function circlePath(cx, cy, r) {
  return `M${cx - r} ${cy}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
}

function rectPath(x, y, w, h, r) {
  const corner = (dx, dy) => `a${r} ${r} 0 0 1 ${dx} ${dy}`;
  return `M${x + r} ${y}h${w - 2 * r}${corner(r, r)}v${h - 2 * r}${corner(-r, r)}h${2 * r - w}${corner(-r, -r)}v${2 * r - h}${corner(r, -r)}z`;
}

function elementPath(element) {
  const a = (name) => attribute(element, name);
  if (element.startsWith('<path')) return element.match(/\bd="([^"]+)"/)[1];
  if (element.startsWith('<circle')) return circlePath(a('cx'), a('cy'), a('r'));
  if (element.startsWith('<rect')) return rectPath(a('x'), a('y'), a('width'), a('height'), a('rx'));
  if (element.startsWith('<line')) return `M${a('x1')} ${a('y1')}L${a('x2')} ${a('y2')}`;
  throw new Error(`icon_outline: no rule for ${element}`);
}

function cubic(p0, p1, p2, p3, t) {
  const u = 1 - t;
  return [0, 1].map(
    (i) => u * u * u * p0[i] + 3 * u * u * t * p1[i] + 3 * u * t * t * p2[i] + t * t * t * p3[i],
  );
}

/** Flattens a path into polylines: [{points, closed}]. */
function polylines(d) {
  const lines = [];
  let line;
  let at = [0, 0];
  const to = (p) => {
    if (Math.hypot(p[0] - at[0], p[1] - at[1]) > 1e-3) line.points.push(p);
    at = p;
  };
  svgpath(d)
    .abs()
    .unarc()
    .unshort()
    .iterate(([command, ...v], _, x, y) => {
      if (command !== 'M' && !line) throw new Error('icon_outline: path without a start');
      if (command === 'M') lines.push((line = { points: [(at = [v[0], v[1]])], closed: false }));
      else if (command === 'L') to([v[0], v[1]]);
      else if (command === 'H') to([v[0], y]);
      else if (command === 'V') to([x, v[0]]);
      else if (command === 'C') {
        const from = [x, y];
        for (let i = 1; i <= CURVE_STEPS; i++)
          to(cubic(from, v.slice(0, 2), v.slice(2, 4), v.slice(4), i / CURVE_STEPS));
      } else if (command === 'Z') line.closed = true;
      else throw new Error(`icon_outline: no rule for ${command}`);
    });
  return lines;
}

function withoutRepeatedEnd({ points, closed }) {
  const [first, last] = [points[0], points.at(-1)];
  const repeats = points.length > 2 && Math.hypot(first[0] - last[0], first[1] - last[1]) < 1e-2;
  return repeats ? { points: points.slice(0, -1), closed: true } : { points, closed };
}

const direction = (a, b) => {
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
  return [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
};
const left = ([x, y], [dx, dy], w) => [x + dy * w, y - dx * w];

function arc(centre, from, to, w, steps) {
  const start = Math.atan2(-from[0], from[1]);
  let sweep = Math.atan2(-to[0], to[1]) - start;
  if (sweep < 0) sweep += 2 * Math.PI;
  const points = [];
  for (let i = 0; i <= steps; i++) {
    const angle = start + (sweep * i) / steps;
    points.push([centre[0] + Math.cos(angle) * w, centre[1] + Math.sin(angle) * w]);
  }
  return points;
}

/** The left side of one joint: round outside, through the vertex inside. */
function joint(p, before, after, w) {
  const turn = before[0] * after[1] - before[1] * after[0];
  if (Math.abs(turn) < 0.35)
    return [left(p, direction([0, 0], [before[0] + after[0], before[1] + after[1]]), w)];
  if (turn > 0) return arc(p, before, after, w, Math.max(1, Math.round(turn * 3)));
  return [left(p, before, w), p, left(p, after, w)];
}

function side(points, closed, w) {
  const count = points.length;
  const out = [];
  const dir = (i) => direction(points[(i + count) % count], points[(i + 1) % count]);
  const [from, to] = closed ? [0, count] : [1, count - 1];
  if (!closed) out.push(left(points[0], dir(0), w));
  for (let i = from; i < to; i++) out.push(...joint(points[i], dir(i - 1), dir(i), w));
  if (!closed) {
    const d = dir(count - 2);
    out.push(...arc(points.at(-1), d, [-d[0], -d[1]], w, CAP_STEPS));
  }
  return out;
}

function dot([x, y], w) {
  return circlePath(x, y, w);
}

const number = (v) => Math.round(v * 100) / 100;
const contour = (points) => `M${points.map((p) => p.map(number).join(' ')).join('L')}Z`;

function stroke(line, w) {
  const { points, closed } = withoutRepeatedEnd(line);
  if (
    points.length === 1 ||
    (points.length === 2 && Math.hypot(points[1][0] - points[0][0], points[1][1] - points[0][1]) < 0.02)
  )
    return dot(points[0], w);
  const back = [...points].reverse();
  if (!closed) return contour([...side(points, false, w), ...side(back, false, w)]);
  return contour(side(points, true, w)) + contour(side(back, true, w));
}

/** @param {string} svg a Lucide icon  @param {number} width stroke width on its 24 grid */
export function outlineStroke(svg, width) {
  const elements = svg.match(/<(path|circle|rect|line)\b[^>]*>/g) ?? [];
  return elements
    .flatMap((e) => polylines(elementPath(e)))
    .map((l) => stroke(l, width / 2))
    .join('');
}
