/**
 * Golden values: which values the registers of a machine may rightly hold, what they were made from, and the check of evidence
 * against them.
 *
 * <p>{@link dev.measure.golden.GoldenValues#read} reads a lock file, {@link dev.measure.golden.GoldenValues#check} compares, and
 * {@link dev.measure.golden.GoldenCheck#passes} is the answer. {@link dev.measure.golden.GoldenDiff} says what moved between two
 * sets of golden values, and which change of an input is to blame.
 */
package dev.measure.golden;
