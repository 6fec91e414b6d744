/** Opens the test vectors. */
package dev.measure.vectors;
