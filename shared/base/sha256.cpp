#include "shared/base/sha256.hpp"

#include <array>
#include <cstdint>

namespace wf {
namespace {

using State = std::array<std::uint32_t, 8>;

constexpr std::size_t block_size = 64;
constexpr std::size_t length_size = 8;

// The first bits of the fractions of the cube roots of the first 64 primes.
constexpr std::array<std::uint32_t, 64> round_constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// The oldest of our C++ libraries has no std::rotr.
std::uint32_t turn(std::uint32_t word, int by) { return word >> by | word << (32 - by); }

std::uint32_t rotated(std::uint32_t word, int by, int by_too, int and_by) {
  return turn(word, by) ^ turn(word, by_too) ^ turn(word, and_by);
}

std::array<std::uint32_t, 64> schedule(std::string_view block) {
  std::array<std::uint32_t, 64> words{};
  for (std::size_t i = 0; i < block_size; ++i)
    words[i / 4] = words[i / 4] << 8 | static_cast<unsigned char>(block[i]);
  for (std::size_t i = 16; i < words.size(); ++i) {
    const std::uint32_t early = words[i - 15];
    const std::uint32_t late = words[i - 2];
    words[i] = words[i - 16] + (turn(early, 7) ^ turn(early, 18) ^ (early >> 3)) + words[i - 7] +
               (turn(late, 17) ^ turn(late, 19) ^ (late >> 10));
  }
  return words;
}

void add_block(State& state, std::string_view block) {
  const auto words = schedule(block);
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::uint32_t first =
        h + rotated(e, 6, 11, 25) + ((e & f) ^ (~e & g)) + round_constants[i] + words[i];
    const std::uint32_t second = rotated(a, 2, 13, 22) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + second;
  }
  const State after{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += after[i];
}

// What is left after whole blocks, a one bit, zeros, and the length in bits.
std::string padded(std::string_view rest, std::uint64_t whole_size) {
  std::string tail(rest);
  tail += '\x80';
  while (tail.size() % block_size != block_size - length_size) tail += '\0';
  for (int shift = 56; shift >= 0; shift -= 8) tail += static_cast<char>(whole_size * 8 >> shift & 0xff);
  return tail;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  State state{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::size_t at = 0;
  for (; at + block_size <= bytes.size(); at += block_size) add_block(state, bytes.substr(at, block_size));
  const std::string tail = padded(bytes.substr(at), bytes.size());
  for (std::size_t i = 0; i < tail.size(); i += block_size)
    add_block(state, std::string_view(tail).substr(i, block_size));
  std::string hex;
  for (const std::uint32_t word : state)
    for (int shift = 28; shift >= 0; shift -= 4) hex += "0123456789abcdef"[word >> shift & 0xf];
  return hex;
}

}  // namespace wf
