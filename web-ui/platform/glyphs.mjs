// Draws text with the browser's fonts: single characters of scripts that the built font does not hold, and
// runs of scripts that need shaping (see web-ui/platform/browser_glyphs.cpp).

const decoder = new TextDecoder();
const canvas = document.createElement('canvas');
const context = canvas.getContext('2d', { willReadFrequently: true });

// Nothing that is shown is wider; a text that is only measured may be.
const MOST_PIXELS = 2048;
// Marks piled up without end stay near their line.
const MOST_EMS = 2;

// Hebrew, Arabic and their neighbours, cut: the sign of it goes with them, to their left.
const CUT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]…$/u;
const RIGHT_TO_LEFT_MARK = '\u200f';

// Browsers that guard against fingerprints change the lowest bits of what is read.
const MOST_NOISE = 15;

/** What is drawn in black alone takes the text's colour; an emoji has its own. */
function picture(width, height) {
  const { data } = context.getImageData(0, 0, width, height);
  const colored = data.some((value, i) => i % 4 < 3 && value > MOST_NOISE && data[i | 3] > 127);
  return { colored, pixels: colored ? data : data.map((value, i) => (i % 4 < 3 ? 255 : value)) };
}

function measure(text, emPx) {
  const box = context.measureText(text);
  const most = Math.ceil(emPx * MOST_EMS);
  const left = Math.floor(-box.actualBoundingBoxLeft) - 1;
  const top = Math.min(Math.ceil(box.actualBoundingBoxAscent) + 1, most);
  const width = Math.min(Math.ceil(box.actualBoundingBoxRight) + 1 - left, MOST_PIXELS);
  const height = Math.min(Math.ceil(box.actualBoundingBoxDescent) + 1, most) + top;
  return { width: Math.max(0, width), height: Math.max(0, height), left, top, advance: box.width };
}

/**
 * @param {Uint8Array} bytes the text
 * @param {boolean} drawn else it is only measured
 * @returns {{width, height, left, top, advance, colored?, pixels?}} in pixels; `top`: above the baseline
 */
export function glyph(bytes, emPx, bold, drawn) {
  const text = decoder.decode(bytes).replace(CUT, `$&${RIGHT_TO_LEFT_MARK}`);
  const font = `${bold ? 600 : 400} ${emPx}px system-ui, sans-serif`;
  context.font = font;
  const metrics = measure(text, emPx);
  if (!drawn) return metrics;
  canvas.width = metrics.width;
  canvas.height = metrics.height;
  context.font = font; // a new size makes the canvas forget
  context.fillText(text, -metrics.left, metrics.top);
  return { ...metrics, ...picture(metrics.width, metrics.height) };
}
