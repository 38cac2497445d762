// Names and addresses, which people choose: long ones, and those of all scripts.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NORTHWIND } from '../e2e/harness.mjs';
import { card, fillSignIn, newPage, pixels, screenshot, signedIn, userOf } from './browser.mjs';
import { AGENCY, VIEWER, browser, stack, startSuite } from './suite.mjs';

startSuite('page-names');

/** A page whose workspaces all have this name, and no mark beside it. */
async function pageNamed(name, options) {
  const page = await newPage(browser, options);
  await page.route(/rest\/v1\/workspaces/, async (route) => {
    const response = await route.fetch();
    const json = (await response.json()).map((workspace) => ({ ...workspace, name }));
    await route.fulfill({ response, json });
  });
  await page.route(/rest\/v1\/service_facts.*offset=/, (route) => route.fulfill({ json: [] }));
  return page;
}

async function openNamed(page) {
  await page.goto(`${stack.state.urls.dashboard}w/${NORTHWIND}/integrations`);
  await fillSignIn(page, userOf(stack, AGENCY));
  await card(page, 'stripe').waitFor();
}

/**
 * How much ink is in each pixel of the name on top of the side bar (0 to 1), and of the same text as the browser draws
 * it; each cut to what has ink: {width, height, ink}.
 */
function inkOfName(page, name) {
  return page.evaluate(async (text) => {
    const cut = ({ width, height, data }, channel) => {
      const back = data[channel];
      const difference = (i) => Math.abs(data[i * 4 + channel] - back);
      const all = Array.from({ length: width * height }, (_, i) => difference(i));
      const most = Math.max(...all);
      const inked = all.flatMap((ink, i) => (ink > most / 4 ? [i] : []));
      const columns = inked.map((i) => i % width);
      const [left, right] = [Math.min(...columns), Math.max(...columns)];
      const [top, bottom] = [Math.floor(inked[0] / width), Math.floor(inked.at(-1) / width)];
      const ink = all.filter(
        (_, i) => i % width >= left && i % width <= right && i >= top * width && i < (bottom + 1) * width,
      );
      return { width: right - left + 1, height: bottom - top + 1, ink: ink.map((one) => one / most) };
    };
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    const scale = window.devicePixelRatio;
    [canvas.width, canvas.height] = [130 * scale, 40 * scale];
    const pixels = () => context.getImageData(0, 0, canvas.width, canvas.height);

    // The drawing buffer is only readable in the frame that drew it.
    window.dispatchEvent(new Event('scroll'));
    await new Promise((done) => requestAnimationFrame(done));
    context.drawImage(document.getElementById('screen'), -54 * scale, -16 * scale);
    const drawn = cut(pixels(), 1);
    context.clearRect(0, 0, canvas.width, canvas.height);
    // ImGui's sizes are whole halves of a pixel, from ascent to descent.
    const box = 1.2102;
    const em = Math.round(14 * box * scale * 2) / 2 / box;
    context.font = `600 ${em}px system-ui, sans-serif`;
    context.fillText(text, 10 * scale, 25 * scale);
    return { drawn, own: cut(pixels(), 3) };
  }, name);
}

/** How many lines of text are in the box, as far as rows of pixels without ink tell. */
async function inkedLines(page, box) {
  const drawn = await pixels(page, box);
  const width = Math.round(box.width);
  const rows = Array.from({ length: drawn.length / width }, (_, row) =>
    drawn.slice(row * width, (row + 1) * width).some(([red]) => Math.abs(red - drawn[0][0]) > 60),
  );
  return rows.filter((inked, row) => inked && !rows[row - 1]).length;
}

test('an address that is wider than the side bar is drawn on two lines', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  const box = await page.locator('#account').boundingBox();
  const drawn = await pixels(page, box);
  const inked = [...drawn.keys()].filter((i) => Math.abs(drawn[i][0] - drawn[0][0]) > 60);
  const height = Math.floor((inked.at(-1) - inked[0]) / box.width);
  assert.ok(height > 20, `${height} px`);
  await page.context().close();
});

test('an address whose host alone is wider than the side bar is drawn in whole', async () => {
  const page = await newPage(browser);
  await page.route(/auth\/v1\/token/, async (route) => {
    const response = await route.fetch();
    const json = await response.json();
    json.user.email = 'somebody@marketing.northwind-dental-practices.example';
    await route.fulfill({ response, json });
  });
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  await card(page, 'stripe').waitFor();
  await screenshot(page, 'long-address');
  const box = await page.locator('#account').boundingBox();
  const lines = await inkedLines(page, { ...box, y: box.y - 8, height: box.height + 16 });
  assert.equal(lines, 3);
  await page.context().close();
});

const LONG_NAME = 'Zahnarztpraxis und Kieferorthopädie am Königlichen Hirschgarten mbB, München-Süd';

test('a name of 80 characters fits into the bar on two lines, and the button that opens it into a phone', async () => {
  const page = await pageNamed(LONG_NAME);
  await openNamed(page);
  const box = await page.locator('#workspace').boundingBox();
  await screenshot(page, 'long-name');
  const name = { x: box.x + 42, y: box.y, width: box.width - 74, height: box.height };
  assert.equal(await inkedLines(page, name), 2);
  await page.context().close();

  const phone = await pageNamed(LONG_NAME, { width: 360, height: 740 });
  await phone.goto(`${stack.state.urls.dashboard}w/nobodys/integrations`);
  await fillSignIn(phone, userOf(stack, AGENCY));
  await phone.locator('#first-workspace').waitFor();
  await screenshot(phone, 'long-name-phone');
  const button = await phone.locator('#first-workspace').boundingBox();
  assert.ok(button.x >= 0 && button.x + button.width <= 360, JSON.stringify(button));
  assert.equal(await phone.locator('#first-workspace').textContent(), `Open ${LONG_NAME}`);
  await phone.context().close();
});

for (const [name, options] of [
  ['שלום עולם', { colorScheme: 'light' }],
  ['محل الزهور ٢٤', { colorScheme: 'dark', deviceScaleFactor: 2 }],
]) {
  test(`a name that the browser has to shape is drawn as the browser draws it: ${name}`, async () => {
    const page = await pageNamed(name, options);
    await openNamed(page);
    await screenshot(page, `other-scripts-${options.colorScheme}`);
    const { drawn, own } = await inkOfName(page, name);
    assert.deepEqual([drawn.width, drawn.height], [own.width, own.height]);
    const difference = drawn.ink.reduce((sum, ink, i) => sum + Math.abs(ink - own.ink[i]), 0);
    assert.ok(difference < 0.03 * drawn.ink.length, `${difference} of ${drawn.ink.length}`);
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });
}

test('an emoji keeps its colours', async () => {
  const page = await pageNamed('Rose 東京 Καφέ 🌸');
  // In place of a font of emoji, which not every machine has.
  await page.addInitScript(() => {
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
      if (text !== '🌸') return fillText.call(this, text, x, y);
      this.fillStyle = '#ff0000';
      this.fillRect(0, 0, this.canvas.width, this.canvas.height);
    };
  });
  await openNamed(page);
  await screenshot(page, 'emoji');
  const drawn = await pixels(page, await page.locator('#workspace').boundingBox());
  const red = drawn.filter(([r, g, b]) => r > 250 && g < 5 && b < 5);
  assert.ok(red.length > 50, `${red.length} red pixels`);
  await page.context().close();
});

test('a browser that guards against fingerprints draws names in the colour of the theme', async () => {
  const page = await pageNamed('Καφές', { colorScheme: 'dark' });
  await page.addInitScript(() => {
    const { getImageData } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.getImageData = function (...area) {
      const image = getImageData.apply(this, area);
      for (let i = 0; i < image.data.length; i += 5) if (i % 4 < 3) image.data[i] ^= 1;
      return image;
    };
  });
  await openNamed(page);
  const box = await page.locator('#workspace').boundingBox();
  const drawn = await pixels(page, { x: box.x + 42, y: box.y, width: box.width - 74, height: box.height });
  const light = drawn.filter((pixel) => pixel.slice(0, 3).every((channel) => channel > 180));
  assert.ok(light.length > 20, `${light.length} light pixels`);
  await page.context().close();
});

test('a letter and its mark are one character', async () => {
  const page = await pageNamed('E\u0301mile\n\u0301'); // of a line break JSON makes a letter, which is none
  await openNamed(page);
  assert.equal(await page.locator('#workspace option').first().textContent(), 'Émile\n\u0301');
  // Typed, it is not written back into the field, where the cursor is.
  const search = page.getByRole('searchbox');
  await search.fill('e\u0301');
  await page.getByRole('heading', { name: 'No service matches “é”' }).waitFor();
  assert.equal(await search.inputValue(), 'e\u0301');
  await page.context().close();
});
