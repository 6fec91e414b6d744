/**
 * The words of the house: a {@link dev.measure.Source} is read, its bytes are folded into a
 * {@link dev.measure.Measurement} of a {@link dev.measure.Register}, and a {@link dev.measure.Verdict} compares a
 * {@link dev.measure.Digest} found with the right ones.
 *
 * <p>Inputs are untrusted: every parser of this library checks bounds before it touches a field, limits every count, and answers
 * broken input with one {@link dev.measure.MalformedInputException}.
 */
package dev.measure;
