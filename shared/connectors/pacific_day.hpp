#pragma once
// The day as providers in California mean it, to the hour: midnight is 8 hours after UTC's, in summer 7.

#include "shared/base/time.hpp"

namespace wf {

UnixSeconds pacific_midnight(Day day);  // at which that day begins
Day pacific_day(UnixSeconds time);

}  // namespace wf
