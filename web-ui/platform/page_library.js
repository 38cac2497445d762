// The two things the C++ asks of the page while it draws. `Module.page` is set by core.mjs.
mergeInto(LibraryManager.library, {
  wf_page_time_text: function (unixSecs, style, out, capacity) {
    var bytes = Module.page.timeText(unixSecs, style).subarray(0, capacity);
    HEAPU8.set(bytes, out);
    return bytes.length;
  },

  wf_page_glyph: function (codepoint, emPx, bold, pixels, side, metrics) {
    var glyph = Module.page.glyph(String.fromCodePoint(codepoint), emPx, bold !== 0, side);
    if (!glyph) return 0;
    HEAPU8.set(glyph.pixels, pixels);
    HEAPF32.set([glyph.width, glyph.height, glyph.left, glyph.top, glyph.advance], metrics >> 2);
    return 1;
  },
});
