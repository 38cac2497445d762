#pragma once
// Order statistics, which one wild value cannot move. Nothing here is worse than linear on average,
// and square roots are the only irrational step of the whole layer: IEEE 754 rounds those correctly,
// so that every build gives the same bits.

#include <span>

namespace wf {

// Both reorder `values` and give 0 for none. The median of an even number is the middle of its two.
double median(std::span<double> values);
// The value below which `share` (0 to 1) of the others lie, without interpolation.
double quantile(std::span<double> values, double share);

// The root that steadies the noise of counts: a Poisson variable's has a deviation of 1/2 whatever its
// mean. It keeps the sign, for net amounts. M. S. Bartlett, "The square root transformation in analysis
// of variance", 1936; F. J. Anscombe, Biometrika 35, 1948.
double signed_root(double value);
double signed_square(double root);  // finite: what would overflow is the largest number

}  // namespace wf
