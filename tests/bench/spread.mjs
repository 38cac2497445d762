export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], min: sorted[0], max: sorted.at(-1) };
}

/** Median (least to most). */
export const show = ({ median, min, max }, digits) =>
  `${median.toFixed(digits).padStart(7)}  (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
