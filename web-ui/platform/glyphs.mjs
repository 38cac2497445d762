// Draws single characters with the browser's fonts, for names in scripts that the built font
// does not hold (see web-ui/platform/browser_glyphs.cpp).

const canvas = document.createElement('canvas');
const context = canvas.getContext('2d', { willReadFrequently: true });

function coverage(width, height) {
  const { data } = context.getImageData(0, 0, width, height);
  const pixels = new Uint8Array(width * height);
  for (let i = 0; i < pixels.length; i++) pixels[i] = data[i * 4 + 3];
  return pixels;
}

/** @returns {{pixels, width, height, left, top, advance} | null} null: larger than `side` */
export function drawGlyph(character, emPx, bold, side) {
  const font = `${bold ? 600 : 400} ${emPx}px system-ui, sans-serif`;
  context.font = font;
  const box = context.measureText(character);
  const left = Math.floor(-box.actualBoundingBoxLeft) - 1;
  const top = Math.ceil(box.actualBoundingBoxAscent) + 1;
  const width = Math.ceil(box.actualBoundingBoxRight) + 1 - left;
  const height = Math.ceil(box.actualBoundingBoxDescent) + 1 + top;
  if (width > side || height > side || width <= 0 || height <= 0) return null;
  canvas.width = width;
  canvas.height = height;
  context.font = font;
  context.fillText(character, -left, top);
  return { pixels: coverage(width, height), width, height, left, top, advance: box.width };
}
