// The two things the C++ asks of the page while it draws. `Module.page` is set by core.mjs.
mergeInto(LibraryManager.library, {
  wf_page_time_text: function (unixSecs, style, out, capacity) {
    var bytes = Module.page.timeText(unixSecs, style).subarray(0, capacity);
    HEAPU8.set(bytes, out);
    return bytes.length;
  },

  wf_page_glyph: function (text, length, emPx, bold, pixels, metrics) {
    var bytes = HEAPU8.subarray(text, text + length);
    var glyph = Module.page.glyph(bytes, emPx, bold !== 0, pixels !== 0);
    if (pixels) HEAPU8.set(glyph.pixels, pixels);
    var numbers = [glyph.width, glyph.height, glyph.left, glyph.top, glyph.advance, glyph.colored ? 1 : 0];
    HEAPF32.set(numbers, metrics >> 2);
  },
});
