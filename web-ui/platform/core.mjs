// The compiled dashboard (web-ui/platform/exports.cpp) as an object. Messages it takes:
//   theme {dark, reduced_motion, touched} · account {email} · route {slug} · loading {}
//   workspaces, services, activity, series: REST rows (activity: null when it cannot be read) · failed {message} · changed {at}
//   all_services {now_ms, rows: service_facts of all workspaces, for what the switcher says of them}
//   sync {service, words: what came of asking for one; empty: it was read}
//   mail_link {problem: why the link of a mail let nobody in; empty: it was read}
//   link {state: connecting|live|polling|offline} · read {ms: the latest reading took, null: it failed}
//   attention {hovered, focused, focus_visible} · activate {id} · search {text} · escape {}
const encoder = new TextEncoder();
const decoder = new TextDecoder();

async function bytesOf(url) {
  const reply = await fetch(url);
  if (!reply.ok) throw new Error(`${url}: ${reply.status}`);
  return new Uint8Array(await reply.arrayBuffer());
}

/** Also gives the fonts to the page, so that the form looks like the canvas. */
async function loadFonts(base) {
  const names = ['inter-text', 'inter-title', 'icons'];
  const fonts = await Promise.all(names.map((name) => bytesOf(`${base}${name}.ttf`)));
  document.fonts.add(new FontFace('Inter', fonts[0].slice(), { weight: '100 500' }));
  document.fonts.add(new FontFace('Inter', fonts[1].slice(), { weight: '501 900' }));
  return fonts;
}

/** @param page what page_library.js asks: {timeText(unixSecs, style), glyph(bytes, emPx, bold, drawn)} */
async function instantiate(base, page) {
  const { default: create } = await import('./dashboard.js');
  return create({ page, locateFile: (name) => base + name });
}

class Core {
  constructor(module) {
    this.module = module;
  }

  start(fonts) {
    const args = fonts.flatMap((bytes) => [this.#place(bytes), bytes.length]);
    this.canDraw = this.module._wf_start(...args) === 1;
  }

  /** @returns {boolean} whether the picture may have changed */
  post(kind, message) {
    // A letter and its mark are drawn, searched and cut as the one character that they are; a mark after a line
    // break is none of the letter that JSON writes for it.
    const json = JSON.stringify(message, (_, value) =>
      typeof value === 'string' ? value.normalize() : value,
    );
    const pointers = [kind, json].map((text) => this.#place(encoder.encode(text + '\0')));
    const changed = this.module._wf_post(...pointers) === 1;
    pointers.forEach((pointer) => this.module._free(pointer));
    return changed;
  }

  tick(nowMs) {
    return this.module._wf_tick(nowMs) === 1;
  }

  frame({ width, height, scale, scrollY, secs }) {
    const flags = this.module._wf_frame(width, height, scale, scrollY, secs);
    return {
      moving: (flags & 1) !== 0,
      mirrorChanged: (flags & 2) !== 0,
      scrollBy: this.module._wf_scroll_by(),
    };
  }

  /** {height, nodes}: see web-ui/mirror/mirror.hpp */
  mirror() {
    return JSON.parse(this.#text(this.module._wf_mirror()));
  }

  takeEffects() {
    return JSON.parse(this.#text(this.module._wf_take_effects()));
  }

  restoreRenderer() {
    this.module._wf_restore_renderer();
  }

  #place(bytes) {
    const pointer = this.module._malloc(bytes.length);
    this.module.HEAPU8.set(bytes, pointer);
    return pointer;
  }

  #text(pointer) {
    const heap = this.module.HEAPU8;
    return decoder.decode(heap.subarray(pointer, heap.indexOf(0, pointer)));
  }
}

export async function loadCore(base, page) {
  const [fonts, module] = await Promise.all([loadFonts(base), instantiate(base, page)]);
  const core = new Core(module);
  core.start(fonts);
  return core;
}
