// snprintf for the edge only. The JSON library prints single code points with it ("\u%04x",
// "<U+%.4X>"); the C library's version brings all of printf and its floating point along, a
// tenth of the edge's budget. Linked with --wrap=snprintf. Any other conversion stops the
// program: a wrong text would be worse.
#include <cstdarg>
#include <cstddef>

namespace {

// Digits of `value`, at least `least` of them, written backwards from `end`.
char* hex_digits(char* end, unsigned value, int least, const char* alphabet) {
  while (value != 0 || least > 0) {
    *--end = alphabet[value % 16];
    value /= 16;
    --least;
  }
  return end;
}

// As snprintf: what does not fit is counted, not written.
struct Output {
  char* to;
  std::size_t room;
  std::size_t length = 0;

  void put(char c) {
    if (length + 1 < room) to[length] = c;
    ++length;
  }
  int end() {
    if (room > 0) to[length < room ? length : room - 1] = '\0';
    return static_cast<int>(length);
  }
};

}  // namespace

extern "C" int __wrap_snprintf(char* to, std::size_t room, const char* format, ...) {
  std::va_list values;
  va_start(values, format);
  Output output{to, room};
  for (const char* at = format; *at != '\0'; ++at) {
    if (*at != '%') {
      output.put(*at);
      continue;
    }
    // %0Nx, %0NX, %.Nx and %.NX
    const bool padded = (at[1] == '0' || at[1] == '.') && at[2] >= '1' && at[2] <= '8';
    if (!padded || (at[3] != 'x' && at[3] != 'X')) __builtin_trap();
    char digits[8];
    char* const end = digits + sizeof digits;
    const char* alphabet = at[3] == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
    for (char* c = hex_digits(end, va_arg(values, unsigned), at[2] - '0', alphabet); c != end; ++c)
      output.put(*c);
    at += 3;
  }
  va_end(values);
  return output.end();
}
