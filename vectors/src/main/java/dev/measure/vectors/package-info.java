/**
 * Test vectors as data, and what makes and opens them.
 *
 * <p>{@link dev.measure.vectors.Vectors} opens a file: {@link dev.measure.vectors.LaunchDigestTests}, {@link
 * dev.measure.vectors.VmsaTests}, {@link dev.measure.vectors.LaunchDigestMalformedTests}, {@link
 * dev.measure.vectors.AccumulatedTests}, {@link dev.measure.vectors.UkiTests} or {@link
 * dev.measure.vectors.Pcr11Tests}. Their {@linkplain dev.measure.vectors.Input inputs} are written by rule ({@link
 * dev.measure.vectors.OvmfWriter}) or are {@linkplain dev.measure.vectors.RealFirmware real firmware}. {@link
 * dev.measure.vectors.Shared} finds material that may lie beside a checkout.
 *
 * <p>The programs that made the values, with peers as oracles, are in {@code vectors/oracle}.
 */
package dev.measure.vectors;
