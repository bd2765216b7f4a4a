#pragma once

namespace qamro::statistics {

// The two-sided p-value of Student's t: how likely it lies farther from 0 than `t`. degrees: >= 1;
// infinity is the normal distribution, and a fraction is rounded down, as is usual for Welch's test.
// Abramowitz and Stegun, 26.7.3 to 26.7.4; 26.7.8 above 1,000 degrees. Absolute error below 1e-6, and
// below 1e-13 up to 1,000 degrees.
double student_t_p_value(double t, double degrees);

// The t that |T| exceeds with probability 1 - confidence. confidence: in (0, 1).
double student_t_quantile(double confidence, double degrees);

}  // namespace qamro::statistics
