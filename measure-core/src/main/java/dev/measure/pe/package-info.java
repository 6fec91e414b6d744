/**
 * PE images: what an EFI program is made of, read as strictly as the firmware that loads it.
 *
 * <pre>{@code
 * try (Source file = Source.open(Path.of("linux.efi"))) {
 *     PeImage image = PeImage.read(file);
 *     Digest pcr4 = image.authenticode(List.of(DigestAlgorithm.SHA256)).get(DigestAlgorithm.SHA256);
 * }
 * }</pre>
 *
 * <p>A {@link dev.measure.pe.PeImage} has a {@link dev.measure.pe.CoffHeader}, an {@link dev.measure.pe.OptionalHeader} with
 * {@link dev.measure.pe.DataDirectory} entries, and {@link dev.measure.pe.PeSection}s. The content of a section is a
 * {@link dev.measure.Source}: nothing but headers is held in memory.
 */
package dev.measure.pe;
