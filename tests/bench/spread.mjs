export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], min: sorted[0], max: sorted.at(-1) };
}

/** Median (least to most). */
export const show = ({ median, min, max }, digits) =>
  `${median.toFixed(digits).padStart(7)}  (${min.toFixed(digits)} to ${max.toFixed(digits)})`;

/** Where the median of all such values lies with 95 % certainty, whatever they are distributed like: two of them,
 * by the sign test (binomial, as the normal distribution has it; from some twenty values on). */
export function interval(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const wide = 0.98 * Math.sqrt(sorted.length);
  const low = Math.max(0, Math.floor(sorted.length / 2 - wide));
  return [sorted[low], sorted[sorted.length - 1 - low]];
}
